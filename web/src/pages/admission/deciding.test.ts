import { describe, expect, it } from "vitest";

import { decides, denyRuleOf, searchOf } from "./deciding";

const rule = {
  container_image: "shop/orders:v1",
  id: 1001,
  disabled: false,
  type: "deny",
  mode: "",
  rule_details: "",
  rule_cfg_type: "federal",
};

describe("a rule that is met", () => {
  it.each([
    ["denies where the cluster protects", {}, "protect", true],
    ["only reports where the cluster monitors", {}, "monitor", false],
    ["denies by its own mode", { mode: "protect" }, "monitor", true],
    ["only reports by its own mode", { mode: "monitor" }, "protect", false],
    ["admits in any mode", { type: "allow" }, "monitor", true],
    ["does nothing while it is off", { disabled: true }, "protect", false],
  ])("%s", (_, change, mode, expected) => {
    expect(decides({ ...rule, ...change }, mode)).toBe(expected);
  });
});

describe("the rule that a message names", () => {
  it.each([
    [
      "Creation of Kubernetes Pod resource (orders) is denied because of federal deny rule id 1001 with criteria: (cveHighCount >= 1).",
      { id: 1001, federal: true },
    ],
    ["… because of deny rule id 7 with criteria: ()", { id: 7, federal: false }],
    ["… because of custom resource deny rule id 20000 with …", { id: 20_000, federal: false }],
    ["… is allowed because of federal allow rule id 3 with …", undefined],
    ["", undefined],
  ])("of %j", (message, expected) => {
    expect(denyRuleOf(message)).toEqual(expected);
  });

  it("is shown among the federated ones, or in its own cluster", () => {
    expect(searchOf({ id: 1, federal: true }, "abc")).toEqual({ open: "1" });
    expect(searchOf({ id: 2, federal: false }, "abc")).toEqual({ open: "2", scope: "c:abc" });
  });
});
