// What a criterion may say, from what the server offers.

import type { Schema } from "../../api/client";

export type Option = Schema<"AdmissionRuleOption">;
export type CustomOption = Schema<"AdmissionCustomCriteriaOption">;
export type Criterion = Schema<"AdmissionCriterion">;
export type Options = Schema<"AdmissionRuleTypeOptions">;

/** The criteria of a kind of rule, by name. */
export function optionsOf(all: Options, kind: string): Record<string, Option> {
  const of = kind === "deny" ? all.deny_options : all.exception_options;
  return of.k8s_options.rule_options;
}

/** The name of criteria that say a path of their own. */
const CUSTOM = "customPath";

/** A path as people write it. */
export const EXAMPLE_PATH = "item.spec.containers[_].image";

/** Whether a criterion says a path of its own. */
export function isCustom({ name, type }: Criterion): boolean {
  return name === CUSTOM || type === CUSTOM;
}

/** The same criterion about values of another type. */
export function ofType(criterion: Criterion, { valuetype, ops }: CustomOption): Criterion {
  return { ...criterion, value_type: valuetype, op: ops[0] ?? "", value: "" };
}

/** A criterion that the server would take, once a value is there. */
export function blank(option: Option, custom: CustomOption[] = []): Criterion {
  const text = custom.find((kind) => kind.valuetype === "string");
  if (option.name === CUSTOM && text) {
    const path = { name: CUSTOM, type: CUSTOM, template_kind: "podTemplate", path: "item.spec." };
    return ofType(path, text);
  }
  const value = option.values?.length === 1 ? (option.values[0] ?? "") : "";
  const sub_criteria = Object.values(option.sub_options ?? {}).map((sub) => ({
    name: sub.name,
    op: sub.ops[0] ?? "",
    value: "",
  }));
  return {
    name: option.name,
    op: option.ops[0] ?? "",
    value,
    ...(sub_criteria.length > 0 && { sub_criteria }),
  };
}

/** What is sent: parts that nobody filled in are left out. */
export function filled(criteria: Criterion[]): Criterion[] {
  return criteria.map((criterion) => {
    const { sub_criteria, ...rest } = criterion;
    const said = (sub_criteria ?? []).filter((sub) => sub.value);
    return said.length > 0 ? { ...rest, sub_criteria: said } : rest;
  });
}

/** Whether a criterion counts, so that its value is a number. */
export function isCount(option: Option | undefined): boolean {
  return option?.ops.includes(">=") ?? false;
}
