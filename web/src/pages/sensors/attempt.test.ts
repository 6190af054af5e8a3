import { describe, expect, it } from "vitest";

import { fits } from "./attempt";

function rule(...patterns: [op: string, value: string][]) {
  return { name: "r", patterns: patterns.map(([op, value]) => ({ key: "pattern", op, value })) };
}

describe("a rule of a sensor", () => {
  it.each([
    [rule(["regex", "\\d{4}-\\d{4}"]), "card 1234-5678", true],
    [rule(["regex", "\\d{4}-\\d{4}"]), "no card", false],
    [rule(["regex", "a"], ["regex", "b"]), "only a", false],
    [rule(["regex", "a"], ["!regex", "b"]), "only a", true],
    [rule(["regex", "a.b"]), "a\nb", true],
    [rule(["regex", "("]), "anything", undefined],
  ])("%j on %j: %s", (of, text, expected) => {
    expect(fits(of, text)).toBe(expected);
  });
});
