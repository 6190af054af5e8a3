import { describe, expect, it } from "vitest";

import { selectorOf, textOf } from "./selector";

const exists = { key: "region", operator: "Exists" };

describe("a selector of clusters", () => {
  it.each([
    ["", {}],
    ["env=prod", { matchLabels: { env: "prod" } }],
    ["env=prod, tier=", { matchLabels: { env: "prod", tier: "" } }],
    ["region", { matchExpressions: [exists] }],
    ["!old", { matchExpressions: [{ key: "old", operator: "DoesNotExist" }] }],
    ["env!=test", { matchExpressions: [{ key: "env", operator: "NotIn", values: ["test"] }] }],
    [
      "env=prod, region in (eu, us), tier notin (a, b)",
      {
        matchLabels: { env: "prod" },
        matchExpressions: [
          { key: "region", operator: "In", values: ["eu", "us"] },
          { key: "tier", operator: "NotIn", values: ["a", "b"] },
        ],
      },
    ],
  ])("%j is read and written", (text, selector) => {
    expect(selectorOf(text)).toEqual(selector);
    expect(textOf(selector)).toBe(text);
  });

  it("may be typed with spaces in other places", () => {
    expect(selectorOf(" env == prod ,, ! old ,region in(eu)")).toEqual(
      selectorOf("env=prod, !old, region in (eu)"),
    );
  });

  it("leaves to the server what makes no sense", () => {
    expect(selectorOf("a b c")).toEqual({
      matchExpressions: [{ key: "a b c", operator: "Exists" }],
    });
    expect(textOf(null)).toBe("");
  });
});
