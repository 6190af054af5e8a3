import { type Schema, send } from "../../api/client";
import { useChange, useClusterGet } from "../../api/query";
import { mayAskClusters, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Field, Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { clustersText } from "./text";

type State = Schema<"AdmissionState">;

const PATH = "/v1/admission/state";
const EVERY_MS = 10_000;

/** Whether and how the cluster decides on what is created in it. */
export function ClusterAdmission({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const writable = useAllowed((self) => mayAskClusters(self, "write"));
  const query = useClusterGet<{ state?: State }>(cluster, PATH, EVERY_MS);
  const put = (state: State) => send("patch", PATH, { cluster }, { state });
  const change = useChange(({ to }: { to: State; from: State }) => put(to), {
    done: t.admissionSaved,
    undo:
      ({ from }) =>
      () =>
        put({ enable: from.enable ?? false, mode: from.mode ?? "monitor" }),
  });
  return (
    <Card title={t.admission}>
      <Loaded query={query} what={t.admission}>
        {({ state = {} }) => (
          <div className="form">
            <Switch
              label={t.admissionOn}
              checked={state.enable ?? false}
              disabled={!writable || change.isPending}
              onChange={(enable) =>
                change.mutate({ to: { enable, mode: state.mode ?? "monitor" }, from: state })
              }
            />
            <Field label={t.mode}>
              <select
                value={state.mode ?? "monitor"}
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
