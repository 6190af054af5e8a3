// Which rule decided: of a try by its answer, of a denial by its message.

/** A rule that a workload of a try meets. */
export interface MatchedRule {
  container_image: string;
  id: number;
  disabled: boolean;
  type: string;
  /** Empty for the cluster's. */
  mode: string;
  rule_details: string;
  rule_cfg_type: string;
}

/** Whether a rule that is met decides in a cluster of this mode; else it only reports. */
export function decides(rule: MatchedRule, clusterMode: string): boolean {
  return !rule.disabled && (rule.type === "allow" || (rule.mode || clusterMode) === "protect");
}

/** A rule by its number and whose it is. */
export interface RuleName {
  id: number;
  federal: boolean;
}

/** The first deny rule that the message of a denial names. */
export function denyRuleOf(message: string): RuleName | undefined {
  const found = /\b(federal )?(?:custom resource )?deny rule id (\d+)\b/.exec(message);
  return found ? { id: Number(found[2]), federal: found[1] !== undefined } : undefined;
}

/** Where a rule is shown: a cluster's own in the scope of that cluster. */
export function searchOf(rule: RuleName, cluster: string): Record<string, string> {
  return { open: String(rule.id), ...(!rule.federal && { scope: `c:${cluster}` }) };
}
