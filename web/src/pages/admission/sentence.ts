import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { quoted } from "../../text/turns";
import { admissionText } from "./text";

export type Criterion = Schema<"AdmissionCriterion">;

/** A criterion as a sentence for people. */
export function useCriterionText(): (criterion: Criterion) => string {
  const t = useText(admissionText);
  const name = (id: string) => t.names[id as keyof typeof t.names] ?? id;
  return ({ name: id, path, op = "", value = "", sub_criteria: inner }) => {
    const how = t.ops[op as keyof typeof t.ops] ?? op;
    const more = (inner ?? []).map((sub) => {
      const said = sub.value ?? "";
      if (sub.name === "count") return t.countOf(said);
      if (sub.name === "publishDays") return t.publishedFor(said);
      const what = t.resources[sub.name as keyof typeof t.resources] ?? sub.name;
      return `${what} ${t.ops[sub.op as keyof typeof t.ops] ?? sub.op} ${said}`;
    });
    return [`${path || name(id)} ${how} ${quoted(value)}`.trim(), ...more].join(", ");
  };
}
