import { describe, expect, it } from "vitest";

import { blank, filled, isCount, isCustom, type Option, ofType, optionsOf } from "./criteria";

const score: Option = {
  name: "cveScoreCount",
  ops: [">="],
  sub_options: { count: { name: "count", ops: [">="] } },
};
const root: Option = { name: "runAsRoot", ops: ["="], values: ["true", "false"] };
const escalation: Option = { name: "allowPrivEscalation", ops: ["="], values: ["true"] };

describe("criteria of admission rules", () => {
  it("start with what leaves no choice", () => {
    expect(blank(escalation)).toEqual({ name: "allowPrivEscalation", op: "=", value: "true" });
    expect(blank(root).value).toBe("");
    expect(blank(score).sub_criteria).toEqual([{ name: "count", op: ">=", value: "" }]);
  });

  it("are sent without the parts that nobody filled in", () => {
    const wanted = { ...blank(score), value: "7" };
    expect(filled([wanted])).toEqual([{ name: "cveScoreCount", op: ">=", value: "7" }]);
    const counted = { ...wanted, sub_criteria: [{ name: "count", op: ">=", value: "3" }] };
    expect(filled([counted])).toEqual([counted]);
  });

  it("know which are numbers", () => {
    expect([score, root, undefined].map(isCount)).toEqual([true, false, false]);
  });

  it("say a path and the type of what stands there", () => {
    const text = { valuetype: "string", ops: ["containsAny", "exist"] };
    const number = { valuetype: "number", ops: [">=", "exist"] };
    const custom = blank({ name: "customPath", ops: [] }, [number, text]);
    expect(custom).toMatchObject({ type: "customPath", value_type: "string", op: "containsAny" });
    expect(ofType({ ...custom, value: "x" }, number)).toMatchObject({ op: ">=", value: "" });
    expect([custom, { ...custom, name: "image tag" }, blank(root)].map(isCustom)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("differ by kind of rule", () => {
    const side = (name: string) => ({
      k8s_options: { rule_options: { [name]: { name, ops: ["="] } } },
    });
    const all = { deny_options: side("a"), exception_options: side("b") };
    expect(Object.keys(optionsOf(all, "deny"))).toEqual(["a"]);
    expect(Object.keys(optionsOf(all, "exception"))).toEqual(["b"]);
  });
});
