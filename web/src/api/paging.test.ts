import { expect, it } from "vitest";

import { askedFrom, following, pageOf } from "./paging";

const full = ["a", "b"];

it.each([
  ["is none before the first", [], undefined],
  [
    "is none behind one that is not full",
    [pageOf(full, { next: "x" }), pageOf(["c"], {})],
    undefined,
  ],
  [
    "begins where the last one says",
    [pageOf(full, {}), pageOf(full, { next: "x" })],
    { after: "x" },
  ],
  [
    "begins behind all rows where nothing is said",
    [pageOf(full, {}), pageOf(full, {})],
    { start: 4 },
  ],
  ["begins behind all rows where there is no place", [pageOf(full, { next: null })], { start: 2 }],
  ["is that of an answer without a body", [pageOf(full, undefined)], { start: 2 }],
  [
    "of the history begins before a revision",
    [pageOf(full, { next: 7 }, "before")],
    { after: "7" },
  ],
  ["of the history is none where it says so", [pageOf(full, {}, "before")], undefined],
] as const)("the next page %s", (_, pages, from) => {
  expect(following([...pages], 2)).toEqual(from);
});

it.each([
  [{ start: 0 }, "before", { start: 0 }],
  [{ after: "7" }, "before", { before: "7" }],
  [{ after: "x" }, "after", { after: "x" }],
  [{ start: 100 }, "after", { start: 100 }],
] as const)(
  "a page from %j, in a list that goes on by “%s”, is asked for by %j",
  (from, by, asked) => {
    expect(askedFrom(from, by)).toEqual(asked);
  },
);
