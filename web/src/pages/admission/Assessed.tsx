import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Card } from "../../ui/Page";
import { State } from "../../ui/State";
import { decides, type MatchedRule, verdictOf } from "./deciding";
import { RuleLink } from "./RuleLink";
import { useCriterionText } from "./sentence";
import { admissionText } from "./text";
import "./assessed.css";

interface AssessedObject {
  index: number;
  name: string;
  kind: string;
  message: string;
  matched_rules: MatchedRule[];
  allowed: boolean;
}

/** What a cluster says about a manifest. */
export interface Assessment {
  props_unavailable: string[];
  global_mode: string;
  results: AssessedObject[];
}

interface Props {
  assessment: Assessment;
  /** Id of the cluster that answered, and its name. */
  cluster: string;
  name: string;
}

/** The answer to a manifest, object by object. */
export function Assessed({ assessment, cluster, name }: Props) {
  const t = useText(admissionText);
  const format = useFormat();
  const { results, global_mode: mode } = assessment;
  const denied = results.filter((one) => !one.allowed).length;
  const modeName = t.modeNames[mode as keyof typeof t.modeNames] ?? mode;
  return (
    <section className="stack" aria-label={t.answer}>
      <p role="status">
        <State tone={denied > 0 ? "bad" : "good"}>
          {denied > 0
            ? t.wouldDeny(name, format.number(denied), format.number(results.length))
            : t.wouldAdmit(name, format.number(results.length))}
        </State>{" "}
        <span className="hint">{t.inMode(modeName)}</span>
      </p>
      {results.map((one) => (
        <ObjectCard key={one.index} of={one} mode={mode} cluster={cluster} />
      ))}
      {assessment.props_unavailable.length > 0 && (
        <p className="hint">
          {t.unknown(
            format.list(
              assessment.props_unavailable.map((id) => t.names[id as keyof typeof t.names] ?? id),
            ),
          )}
        </p>
      )}
    </section>
  );
}

/** What a rule asks for, in the language of its reader where the cluster tells more than a sentence. */
function Asked({
  of: { rule_criteria: criteria = [], rule_details: details },
}: {
  of: MatchedRule;
}) {
  const sentence = useCriterionText();
  if (criteria.length === 0) return <span lang="en">{details}</span>;
  return <>{criteria.map(sentence).join("; ")}</>;
}

interface ObjectProps {
  of: AssessedObject;
  mode: string;
  cluster: string;
}

function ObjectCard({ of, mode, cluster }: ObjectProps) {
  const t = useText(admissionText);
  const w = useText(words);
  // The cluster's own sentence is English.
  const said = t.verdicts[verdictOf(of, mode)];
  return (
    <Card
      title={`${of.kind || t.object} ${of.name || of.index}`}
      actions={
        <State tone={of.allowed ? "good" : "bad"}>{of.allowed ? t.admitted : t.refused}</State>
      }
    >
      {said ? (
        <>
          <p>{said}</p>
          <details>
            <summary>{t.original}</summary>
            <p className="message" lang="en">
              {of.message}
            </p>
          </details>
        </>
      ) : (
        <p className="message">{of.message}</p>
      )}
      {of.matched_rules.length > 0 && (
        <ul className="matched">
          {of.matched_rules.map((rule) => (
            <li key={`${rule.container_image} ${rule.id}`}>
              <RuleLink
                rule={{ id: rule.id, federal: rule.rule_cfg_type === "federal" }}
                cluster={cluster}
              />
              <span>
                {rule.type === "deny" ? t.deny : t.exception}
                {w.colon}
                <Asked of={rule} />
                <span className="hint">{rule.container_image}</span>
              </span>
              {decides(rule, mode) ? (
                <State tone={rule.type === "deny" ? "bad" : "good"}>{t.decides}</State>
              ) : (
                <State tone="quiet">{rule.disabled ? w.disabled : t.reports}</State>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
