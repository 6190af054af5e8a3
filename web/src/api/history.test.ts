import { expect, it } from "vitest";

import { isEachChangedOnce } from "./history";

const change = (revision: number, ...names: string[]) => ({
  revision,
  objects: names.length,
  changes: names.map((name) => ({ kind: "group", name, action: "update" as const })),
});

it.each([
  ["nothing, since it waits for its stage", [], true],
  ["one's own", [change(1, "a")], true],
  ["that of somebody else who changed something else", [change(1, "a"), change(2, "b")], true],
  ["that of somebody who changed the same", [change(1, "a"), change(2, "b", "a")], false],
  ["one's own of very many", [{ ...change(1, "a"), objects: 900 }], true],
  ["another one of very many", [change(1, "a"), { ...change(2, "b"), objects: 900 }], false],
  [
    "more than anybody can tell apart",
    Array.from({ length: 20 }, (_, at) => change(at, `${at}`)),
    false,
  ],
])("after a change there is %s", (_, revisions, is) => {
  expect(isEachChangedOnce(revisions)).toBe(is);
});
