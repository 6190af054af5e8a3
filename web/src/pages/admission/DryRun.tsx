import { post, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { State } from "../../ui/State";
import { admissionText } from "./text";
import "./assessed.css";

const DAYS = 7;

/** What a rule, as it is filled in, would have changed in the last days. */
export function DryRun({ config }: { config: Schema<"AdmissionRuleConfig"> }) {
  const t = useText(admissionText);
  const w = useText(words);
  const format = useFormat();
  const dryRun = useChange(async () => {
    const answer = await post("/v1/fed/admission/dry_run", { config, days: DAYS });
    return { of: JSON.stringify(config), ...answer.dry_run };
  });
  const told = dryRun.data;
  return (
    <section className="stack" aria-label={t.dryRun}>
      <div>
        <button
          type="button"
          disabled={dryRun.isPending || (config.criteria ?? []).length === 0}
          onClick={() => dryRun.mutate(undefined)}
        >
          {dryRun.isPending ? t.trying : t.dryRun}
        </button>
      </div>
      <Refusal error={dryRun.error} />
      {told && told.of === JSON.stringify(config) && (
        <>
          <p role="status">
            <State tone={told.denied > 0 ? "bad" : "good"}>
              {t.dryRunTold(
                format.number(told.denied),
                format.number(told.admitted),
                format.number(told.reviewed),
              )}
            </State>
          </p>
          <ul className="matched">
            {told.clusters.flatMap((cluster) =>
              cluster.examples.map((one) => (
                <li key={`${cluster.id} ${one.reported_at} ${one.kind} ${one.name} ${one.image}`}>
                  <State tone={one.denied ? "bad" : "good"}>
                    {one.denied ? t.refused : t.admitted}
                  </State>
                  <span>
                    {cluster.name}
                    {w.colon}
                    {one.kind} {one.namespace}/{one.name || "…"}
                    <span className="hint">{one.image}</span>
                  </span>
                </li>
              )),
            )}
          </ul>
          {told.untried_criteria.length > 0 && (
            <p className="hint">
              {t.dryRunUntried(
                format.list(
                  told.untried_criteria.map((id) => t.names[id as keyof typeof t.names] ?? id),
                ),
              )}
            </p>
          )}
        </>
      )}
    </section>
  );
}
