import { useEffect, useState } from "react";

import { ApiError, type Cluster, type Federation, members } from "./api";
import { ago } from "./time";

const REFRESH_MS = 2_000;

/** What a state means to somebody who looks at the list. */
const STATES: Record<string, { text: string; tone: "good" | "busy" | "bad" }> = {
  active: { text: "Active", tone: "good" },
  synced: { text: "Synced", tone: "good" },
  connected: { text: "Connected", tone: "busy" },
  joined: { text: "Joined, not connected yet", tone: "busy" },
  notified: { text: "Fetching", tone: "busy" },
  pending: { text: "Joining", tone: "busy" },
  out_of_sync: { text: "Out of sync", tone: "busy" },
  disconnected: { text: "Disconnected", tone: "bad" },
  kicked: { text: "Removed", tone: "bad" },
  left: { text: "Left", tone: "bad" },
};

interface Props {
  token: string;
  onSessionEnd: (why: string) => void;
}

export function Members({ token, onSessionEnd }: Props) {
  const [federation, setFederation] = useState<Federation>();
  const [error, setError] = useState("");
  const [now, setNow] = useState(() => Date.now());

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = async () => {
      try {
        setFederation(await members(token, abort.signal));
        setError("");
      } catch (cause) {
        if (abort.signal.aborted) return;
        if (cause instanceof ApiError && cause.status === 401) {
          onSessionEnd("Your session ended. Sign in again.");
          return;
        }
        setError(cause instanceof Error ? cause.message : String(cause));
      }
      setNow(Date.now());
      timer = setTimeout(refresh, REFRESH_MS);
    };
    void refresh();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [token, onSessionEnd]);

  return (
    <>
      <h1>Clusters</h1>
      {error && (
        <p role="alert" className="error">
          {error} {federation && "What you see may be old."}
        </p>
      )}
      {!federation && !error && <p role="status">Loading…</p>}
      {federation && federation.joint_clusters.length === 0 && (
        <p>No cluster has joined. `palisade-primary token create` prints a token to join with.</p>
      )}
      {federation && federation.joint_clusters.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col">Revision</th>
              <th scope="col">Last seen</th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {federation.joint_clusters.map((cluster) => (
              <Row key={cluster.id} cluster={cluster} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Row({ cluster, now }: { cluster: Cluster; now: number }) {
  const state = STATES[cluster.status] ?? { text: cluster.status || "Unknown", tone: "busy" };
  return (
    <tr data-cluster={cluster.name} data-status={cluster.status}>
      <th scope="row">
        {cluster.name}
        {cluster.home && <span className="home">home</span>}
      </th>
      <td data-label="State">
        <span className={`state ${state.tone}`}>{state.text}</span>
      </td>
      <td data-label="Revision">{cluster.revision ?? "–"}</td>
      <td data-label="Last seen" title={cluster.last_seen}>
        {cluster.last_seen ? ago(cluster.last_seen, now) : "never"}
      </td>
      <td data-label="Version">{cluster.agent_version || "–"}</td>
    </tr>
  );
}
