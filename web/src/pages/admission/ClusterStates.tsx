import { Link } from "@tanstack/react-router";
import { Server } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { mayAskClusters, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { useFailureText } from "../../ui/failureText";
import { Listing } from "../../ui/Listing";
import { State } from "../../ui/State";
import { useAdmission, useAdmissionChange } from "../clusters/admission";
import { ClusterState } from "../clusters/ClusterState";
import { type Cluster, isConnected, useMemberPages } from "../clusters/members";
import { admissionText } from "./text";

/** Each row in sight asks its cluster. */
const EVERY_MS = 30_000;
const STATES = ["off", "monitor", "protect"] as const;

/** Whether and how each cluster decides on what is created in it. */
export function ClusterStates() {
  const t = useText(admissionText);
  const w = useText(words);
  const names = useText(pageNames);
  const query = useMemberPages();
  const columns: Column<Cluster>[] = [
    {
      id: "name",
      title: w.cluster,
      sort: "name",
      width: "1.6fr",
      cell: (one) => (
        <Link to={"/clusters/$id" as never} params={{ id: one.id } as never}>
          {one.name}
        </Link>
      ),
    },
    {
      id: "status",
      title: t.link,
      sort: "status",
      cell: (one) => <ClusterState status={one.status} />,
    },
    {
      id: "mode",
      title: t.mode,
      width: "1.4fr",
      cell: (one) =>
        isConnected(one) ? (
          <ModeChoice cluster={one} />
        ) : (
          <span className="hint">{t.notConnected}</span>
        ),
    },
    {
      id: "rules",
      title: t.inForce,
      cell: (one) =>
        isConnected(one) && (
          <Link
            to={"/admission" as never}
            search={{ scope: `c:${one.id}` } as never}
            aria-label={t.rulesOf(one.name)}
          >
            {t.showRules}
          </Link>
        ),
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText label={w.cluster} />
      </div>
      <Listing
        query={query}
        what={names.clusters}
        columns={columns}
        rowKey={(one) => one.id}
        empty={<Sign icon={<Server aria-hidden />} title={t.noClusters} role="status" />}
      />
    </>
  );
}

function ModeChoice({ cluster }: { cluster: Cluster }) {
  const t = useText(admissionText);
  const w = useText(words);
  const writable = useAllowed((self) => mayAskClusters(self, "write"));
  const failure = useFailureText();
  const query = useAdmission(cluster.id, EVERY_MS);
  const change = useAdmissionChange(cluster.id, t.stateSaved(cluster.name));
  const state = query.data?.state;
  if (!state) {
    return <span className="hint">{query.error ? failure(query.error) : w.loading}</span>;
  }
  const mode = state.mode || "monitor";
  const now = state.enable ? mode : "off";
  if (!writable) {
    const tone = now === "protect" ? "good" : now === "off" ? "quiet" : "busy";
    return <State tone={tone}>{t.states[now as keyof typeof t.states] ?? now}</State>;
  }
  return (
    <>
      <select
        aria-label={`${t.mode}: ${cluster.name}`}
        value={now}
        disabled={change.isPending}
        onChange={({ target: { value } }) =>
          change.mutate({
            to: { enable: value !== "off", mode: value === "off" ? mode : value },
            from: { enable: state.enable ?? false, mode },
          })
        }
      >
        {STATES.map((one) => (
          <option key={one} value={one}>
            {t.states[one]}
          </option>
        ))}
      </select>
      {change.error && (
        <span role="alert" className="sub">
          {failure(change.error)}
        </span>
      )}
    </>
  );
}
