import type { Schema } from "../../api/client";

export type ClusterSelector = Schema<"ClusterSelector">;

type Requirement = NonNullable<ClusterSelector["matchExpressions"]>[number];

/** A selector as people type it, in the manner of `kubectl get -l`:
 * `env=prod, region in (eu, us), !legacy`. */
export function textOf(selector: ClusterSelector | null | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  return [...labels, ...(selector?.matchExpressions ?? []).map(one)].join(", ");
}

function one({ key = "", operator = "", values = [] }: Requirement): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  if (operator === "NotIn" && values.length === 1) return `${key}!=${values[0]}`;
  return `${key} ${operator === "NotIn" ? "notin" : "in"} (${values.join(", ")})`;
}

/** Reads what {@link textOf} writes. What makes no sense is left to the server to refuse. */
export function selectorOf(text: string): ClusterSelector {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const matchLabels: Record<string, string> = {};
  const matchExpressions: Requirement[] = [];
  for (const part of parts) {
    const listed = /^(\S+)\s+(in|notin)\s*\((.*)\)$/.exec(part);
    const compared = /^([^=!\s]+)\s*(!=|==?)\s*(.*)$/.exec(part);
    if (listed) {
      const values = (listed[3] ?? "").split(",").map((value) => value.trim());
      const operator = listed[2] === "in" ? "In" : "NotIn";
      matchExpressions.push({ key: listed[1] ?? "", operator, values: values.filter(Boolean) });
    } else if (compared?.[2] === "!=") {
      const values = [compared[3] ?? ""];
      matchExpressions.push({ key: compared[1] ?? "", operator: "NotIn", values });
    } else if (compared) {
      matchLabels[compared[1] ?? ""] = compared[3] ?? "";
    } else if (part.startsWith("!")) {
      matchExpressions.push({ key: part.slice(1).trim(), operator: "DoesNotExist" });
    } else {
      matchExpressions.push({ key: part, operator: "Exists" });
    }
  }
  return {
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
}
