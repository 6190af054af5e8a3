// Which rule decided: of a try by its answer, of a denial by its record.

import type { Criterion } from "./criteria";

/** A rule that a workload of a try meets. */
export interface MatchedRule {
  container_image: string;
  id: number;
  disabled: boolean;
  type: string;
  /** Empty for the cluster's. */
  mode: string;
  rule_details: string;
  /** What older clusters do not tell. */
  rule_criteria?: Criterion[];
  rule_cfg_type: string;
}

/** Whether a rule that is met decides in a cluster of this mode; else it only reports. */
export function decides(rule: MatchedRule, clusterMode: string): boolean {
  return !rule.disabled && (rule.type === "allow" || (rule.mode || clusterMode) === "protect");
}

/** What became of an object of a try, and through what. */
export type Verdict = "denied" | "excepted" | "reported" | "unmatched";

export function verdictOf(
  of: { allowed: boolean; matched_rules: MatchedRule[] },
  clusterMode: string,
): Verdict {
  if (!of.allowed) return "denied";
  const excepts = (rule: MatchedRule) => rule.type === "allow" && decides(rule, clusterMode);
  if (of.matched_rules.some(excepts)) return "excepted";
  return of.matched_rules.length > 0 ? "reported" : "unmatched";
}

/** A rule by its number and whose it is. */
export interface RuleName {
  id: number;
  federal: boolean;
}

/** What the record of a denial says of the rule that was met. */
export interface DenyRecord {
  admission_rule_id?: number;
  admission_rule_cfg_type?: string;
  admission_criteria?: Criterion[];
  admission_evidence?: string[];
  admission_evidence_count?: number;
  container?: string;
  unscanned_images?: string[];
  message?: string;
}

/** The deny rule of a record; none in other records and in those of older agents. */
export function denyRuleOf(record: DenyRecord): RuleName | undefined {
  const { admission_rule_id: id, admission_rule_cfg_type: type } = record;
  return id ? { id, federal: type === "federal" } : undefined;
}

/** Where a rule is shown: a cluster's own in the scope of that cluster. */
export function searchOf(rule: RuleName, cluster: string): Record<string, string> {
  return { open: String(rule.id), ...(!rule.federal && { scope: `c:${cluster}` }) };
}
