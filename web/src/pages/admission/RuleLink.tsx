import { Link } from "@tanstack/react-router";

import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { type RuleName, searchOf } from "./deciding";
import { admissionText } from "./text";

/** Names a rule that decided in a cluster, and leads to it whoever may read rules. */
export function RuleLink({ rule, cluster }: { rule: RuleName; cluster: string }) {
  const t = useText(admissionText);
  const may = useMay();
  if (!may("admctrl", "read")) return t.rule(rule.id);
  return (
    <Link to={"/admission" as never} search={searchOf(rule, cluster) as never}>
      {t.rule(rule.id)}
    </Link>
  );
}
