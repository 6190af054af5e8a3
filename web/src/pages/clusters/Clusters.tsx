import { Link } from "@tanstack/react-router";
import { Plus, Server } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { FirstButton } from "../../ui/AddButton";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { ClusterState, stateText } from "./ClusterState";
import { JoinDialog } from "./JoinDialog";
import { behind, type Cluster, useFederation, useMemberPages } from "./members";
import { Promote } from "./Promote";
import { clustersText } from "./text";

/** Labels that a row names. */
const NAMED = 3;

export function Clusters() {
  const t = useText(clustersText);
  const w = useText(words);
  const names = useText(pageNames);
  const states = useText(stateText);
  const format = useFormat();
  const [url, setUrl] = useUrl();
  const former = url.type === "former";
  const query = useMemberPages(former);
  const federation = useFederation().data;
  const summary = federation?.summary;
  const head = summary?.revision ?? 0;
  const columns: Column<Cluster>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      width: "1.6fr",
      cell: (one) => (
        <>
          {former ? (
            one.name
          ) : (
            <Link to={"/clusters/$id" as never} params={{ id: one.id } as never}>
              {one.name}
            </Link>
          )}{" "}
          {one.home && <span className="tag">{t.home}</span>}
        </>
      ),
    },
    {
      id: "status",
      title: w.state,
      sort: "status",
      width: "1.4fr",
      cell: (one) => <ClusterState status={one.status} />,
    },
    {
      id: "labels",
      title: t.labels,
      width: "1.4fr",
      cell: ({ labels = {} }) => (
        <>
          {Object.entries(labels)
            .slice(0, NAMED)
            .map(([key, value]) => (
              <span key={key} className="tag">
                {value ? `${key}=${value}` : key}
              </span>
            ))}
          {Object.keys(labels).length > NAMED && (
            <span className="hint">{t.moreLabels(Object.keys(labels).length - NAMED)}</span>
          )}
        </>
      ),
    },
    {
      id: "revision",
      title: t.revision,
      sort: "revision",
      cell: (one) => (
        <>
          {format.number(one.revision ?? 0)}
          <span className="sub">{t.behind(behind(one, head))}</span>
        </>
      ),
    },
    {
      id: "last_seen",
      title: t.lastSeen,
      sort: "last_seen",
      cell: (one) => (one.last_seen ? <Ago at={one.last_seen} /> : w.never),
    },
    {
      id: "version",
      title: w.version,
      sort: "agent_version",
      width: "0.7fr",
      cell: (one) => one.agent_version || "–",
    },
  ];
  const promoted = federation?.fed_role !== "";
  const mayJoin = useAllowed((self) => holdsForAll(self, "fed", "write")) && promoted;
  return (
    <Page
      title={names.clusters}
      lead={t.lead}
      actions={
        mayJoin && (
          <button
            type="button"
            className="primary"
            onClick={() => setUrl({ open: "join" }, { push: true })}
          >
            <Plus aria-hidden size={18} /> {t.join}
          </button>
        )
      }
    >
      {promoted ? (
        <>
          <div className="toolbar">
            <FilterText />
            <Facet
              of="status"
              label={w.state}
              options={Object.entries(summary?.statuses ?? {}).map(([status, count]) => [
                status,
                `${states[status as keyof typeof states] ?? status} (${format.number(count)})`,
              ])}
            />
            <Facet of="type" label={t.members} options={[["former", t.former]]} />
          </div>
          <Listing
            query={query}
            what={names.clusters}
            columns={columns}
            rowKey={(one) => one.id}
            filters={["q", "status", "type"]}
            empty={
              <Sign icon={<Server aria-hidden />} title={t.none} hint={t.noneHint} role="status">
                {mayJoin && <FirstButton url={{ open: "join" }} />}
              </Sign>
            }
          />
        </>
      ) : (
        <Promote />
      )}
      {url.open === "join" && mayJoin && <JoinDialog onClose={() => setUrl({ open: "" })} />}
    </Page>
  );
}
