import { Link } from "@tanstack/react-router";

import { useText } from "../../text/language";
import { type RuleName, searchOf } from "./deciding";
import { admissionText } from "./text";

/** Leads to a rule that decided in a cluster. */
export function RuleLink({ rule, cluster }: { rule: RuleName; cluster: string }) {
  const t = useText(admissionText);
  return (
    <Link to={"/admission" as never} search={searchOf(rule, cluster) as never}>
      {t.rule(rule.id)}
    </Link>
  );
}
