import { expect, it } from "vitest";

import { firstOf } from "./firstOf";

const named = (...names: string[]) => names.map((name) => ({ name }));

it("keeps the order of the lists and names nothing twice", () => {
  expect(firstOf(3, named("a", "b"), named("b", "c", "d"))).toEqual(named("a", "b", "c"));
  expect(firstOf(3, named(), named("b"))).toEqual(named("b"));
  expect(firstOf(1, named("a", "b"), [])).toEqual(named("a"));
});
