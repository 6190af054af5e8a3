import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { type RuleName, searchOf } from "./deciding";
import { admissionText } from "./text";

interface Props {
  rule: RuleName;
  cluster: string;
  /** What it is called where not by the word and its number. */
  children?: ReactNode;
}

/** Names a rule that decided in a cluster, and leads to it whoever may read rules. */
export function RuleLink({ rule, cluster, children }: Props) {
  const t = useText(admissionText);
  const may = useMay();
  const name = children ?? t.rule(rule.id);
  if (!may("admctrl", "read")) return name;
  return (
    <Link to={"/admission" as never} search={searchOf(rule, cluster) as never}>
      {name}
    </Link>
  );
}
