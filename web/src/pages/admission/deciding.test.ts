import { describe, expect, it } from "vitest";

import { decides, denyRuleOf, searchOf, verdictOf } from "./deciding";

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

describe("an object of a try", () => {
  const exception = { ...rule, type: "allow" };
  it.each([
    ["is denied where the cluster says so", { allowed: false, matched_rules: [rule] }, "denied"],
    ["is excepted", { allowed: true, matched_rules: [rule, exception] }, "excepted"],
    ["is only reported", { allowed: true, matched_rules: [rule] }, "reported"],
    [
      "is not excepted by a rule that is off",
      { allowed: true, matched_rules: [{ ...exception, disabled: true }] },
      "reported",
    ],
    ["meets nothing", { allowed: true, matched_rules: [] }, "unmatched"],
  ])("%s", (_, object, expected) => {
    expect(verdictOf(object, "monitor")).toBe(expected);
  });
});

describe("the rule that a record names", () => {
  it.each([
    [
      { admission_rule_id: 1001, admission_rule_cfg_type: "federal" },
      { id: 1001, federal: true },
    ],
    [
      { admission_rule_id: 7, admission_rule_cfg_type: "user_created" },
      { id: 7, federal: false },
    ],
    [
      { admission_rule_id: 9, admission_rule_cfg_type: "ground" },
      { id: 9, federal: false },
    ],
    [{}, undefined],
  ])("of %j", (record, expected) => {
    expect(denyRuleOf(record)).toEqual(expected);
  });

  it("is shown among the federated ones, or in its own cluster", () => {
    expect(searchOf({ id: 1, federal: true }, "abc")).toEqual({ open: "1" });
    expect(searchOf({ id: 2, federal: false }, "abc")).toEqual({ open: "2", scope: "c:abc" });
  });
});
