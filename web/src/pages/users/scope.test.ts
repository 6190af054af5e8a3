import { describe, expect, it } from "vitest";

import { briefly, draftOf, isLimitable, scopeOf } from "./scope";

const members = [
  { id: "4f", name: "shop-eu" },
  { id: "5a", name: "shop-us" },
];

describe("the limit of a role", () => {
  it.each([
    [{}, { selector: "", clusters: "", namespaces: "" }, ""],
    [
      { cluster_selector: { matchLabels: { env: "prod" } }, domains: ["shop-*"] },
      { selector: "env=prod", clusters: "", namespaces: "shop-*" },
      "env=prod · shop-*",
    ],
  ])("%j is typed as %j and sent as it was", (scope, draft, brief) => {
    expect(draftOf(scope, members)).toEqual(draft);
    expect(scopeOf(draft)).toEqual(scope);
    expect(briefly(scope, members)).toBe(brief);
  });

  it("names clusters, whose ids nobody knows by heart", () => {
    const draft = draftOf({ clusters: ["4f", "gone"] }, members);
    expect(draft.clusters).toBe("shop-eu, gone");
    expect(scopeOf(draft)).toEqual({ clusters: ["shop-eu", "gone"] });
  });

  it("is for roles that reach other clusters", () => {
    expect(["fedAdmin", "fedReader", "auditor"].every(isLimitable)).toBe(true);
    expect(["admin", "reader", "ciops", ""].some(isLimitable)).toBe(false);
  });
});
