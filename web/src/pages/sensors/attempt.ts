// Trying patterns on a text, before anybody depends on them.

import type { SensorRule } from "./kind";

/** Whether all patterns of a rule fit; undefined where one cannot be read here. */
export function fits(rule: SensorRule, text: string): boolean | undefined {
  try {
    return (rule.patterns ?? []).every(({ op, value }) => {
      const found = new RegExp(value ?? "", "s").test(text);
      return op === "!regex" ? !found : found;
    });
  } catch {
    return undefined;
  }
}
