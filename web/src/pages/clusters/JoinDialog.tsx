import { useState } from "react";

import { get } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { State } from "../../ui/State";
import { ClusterLink } from "./ClusterLink";
import { ClusterState } from "./ClusterState";
import { useMemberNamed } from "./members";
import { clustersText } from "./text";

const HOURS = [1, 8, 24, 168];

/** Makes a token and shows the command that joins a cluster with it. */
export function JoinDialog({ onClose }: { onClose: () => void }) {
  const t = useText(clustersText);
  const [name, setName] = useState("");
  const [labels, setLabels] = useState("");
  const [hours, setHours] = useState(1);
  const make = useChange(() =>
    get("/v1/fed/join_token", { query: { token_duration: hours * 60, labels: labels.trim() } }),
  );
  const token = make.data?.join_token;
  const quoted = name.includes(" ") ? `'${name}'` : name;
  return (
    <Dialog title={t.join} onClose={onClose}>
      {!token && (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Field label={t.joinName} hint={t.joinNameHint}>
            <input
              value={name}
              pattern="[A-Za-z0-9][A-Za-z0-9._ \-]*"
              maxLength={63}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
              required
            />
          </Field>
          <Field label={t.labels} hint={t.joinLabelsHint}>
            <input
              value={labels}
              placeholder="env=prod, region=eu"
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setLabels(event.target.value)}
            />
          </Field>
          <Field label={t.duration}>
            <select value={hours} onChange={(event) => setHours(Number(event.target.value))}>
              {HOURS.map((count) => (
                <option key={count} value={count}>
                  {t.hours(count)}
                </option>
              ))}
            </select>
          </Field>
          <Refusal error={make.error} />
          <div className="actions">
            <button type="submit" className="primary" disabled={make.isPending}>
              {t.makeToken}
            </button>
          </div>
        </form>
      )}
      {token && (
        <div className="stack">
          <p>{t.command}</p>
          <Copy
            label={t.command}
            text={`palisade-agent run --name ${quoted} --data-dir /var/lib/palisade --token ${token}`}
          />
          <p>{t.token}</p>
          <Copy label={t.token} text={token} secret />
          <p className="hint">{t.tokenHint}</p>
          <Arrival name={name} />
        </div>
      )}
    </Dialog>
  );
}

/** Whether the cluster is there that the command was made for. */
function Arrival({ name }: { name: string }) {
  const t = useText(clustersText);
  const member = useMemberNamed(name);
  return (
    <p role="status">
      {member ? (
        <>
          <ClusterLink id={member.id}>{member.name}</ClusterLink>{" "}
          <ClusterState status={member.status} />
        </>
      ) : (
        <State tone="busy">{t.awaited(name)}</State>
      )}
    </p>
  );
}
