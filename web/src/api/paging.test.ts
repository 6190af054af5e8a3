import { expect, it } from "vitest";

import { following, pageOf } from "./paging";

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
] as const)("the next page %s", (_, pages, from) => {
  expect(following([...pages], 2)).toEqual(from);
});
