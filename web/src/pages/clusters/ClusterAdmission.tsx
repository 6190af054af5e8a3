import { mayAskClusters, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Field, Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { useAdmission, useAdmissionChange } from "./admission";
import { clustersText } from "./text";

const EVERY_MS = 10_000;

/** Whether and how the cluster decides on what is created in it. */
export function ClusterAdmission({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const writable = useAllowed((self) => mayAskClusters(self, "write"));
  const query = useAdmission(cluster, EVERY_MS);
  const state = query.data?.state ?? {};
  const mode = state.mode || "monitor";
  const change = useAdmissionChange(cluster, t.admissionSaved);
  return (
    <Card title={t.admission}>
      <Loaded query={query} what={t.admission}>
        {() => (
          <div className="form">
            <Switch
              label={t.admissionOn}
              checked={state.enable ?? false}
              disabled={!writable || change.isPending}
              onChange={(enable) => change.mutate({ to: { enable, mode }, from: state })}
            />
            <Field label={t.mode}>
              <select
                value={mode}
                disabled={!writable || !state.enable || change.isPending}
                onChange={(event) =>
                  change.mutate({
                    to: { enable: state.enable ?? false, mode: event.target.value },
                    from: state,
                  })
                }
              >
                <option value="monitor">{t.monitor}</option>
                <option value="protect">{t.protect}</option>
              </select>
            </Field>
            <Refusal error={change.error} />
          </div>
        )}
      </Loaded>
    </Card>
  );
}
