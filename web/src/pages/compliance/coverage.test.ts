import { expect, it } from "vitest";

import { coverageOf } from "./coverage";

it.each([
  [false, false, "nothing runs"],
  [false, true, "nothing scanned"],
  [true, true, "some scanned"],
  [true, false, "all scanned"],
] as const)("scanned images run: %s, others run: %s: %s", (scanned, unscanned, coverage) => {
  expect(coverageOf(scanned, unscanned)).toBe(coverage);
});
