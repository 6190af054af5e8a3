import { Link } from "@tanstack/react-router";
import { Plus, Server } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { ClusterState, stateText } from "./ClusterState";
import { JoinDialog } from "./JoinDialog";
import { behind, type Cluster, headOf, useMembers, useMembersInScope } from "./members";
import { Promote } from "./Promote";
import { select } from "./selection";
import { clustersText } from "./text";

export function Clusters() {
  const t = useText(clustersText);
  const w = useText(words);
  const names = useText(pageNames);
  const states = useText(stateText);
  const format = useFormat();
  const may = useMay();
  const [url, setUrl] = useUrl();
  const query = useMembers();
  const all = useMembersInScope() ?? [];
  const head = headOf(query.data?.joint_clusters ?? []);
  const columns: Column<Cluster>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      width: "2fr",
      cell: (one) => (
        <>
          <Link to={"/clusters/$id" as never} params={{ id: one.id } as never}>
            {one.name}
          </Link>{" "}
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
      cell: (one) =>
        one.last_seen ? (
          <span title={format.moment(one.last_seen)}>{format.ago(one.last_seen)}</span>
        ) : (
          w.never
        ),
    },
    {
      id: "version",
      title: w.version,
      sort: "agent_version",
      cell: (one) => one.agent_version || "–",
    },
  ];
  const promoted = query.data?.fed_role !== "";
  const mayJoin = may("fed", "write") && promoted;
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
              options={[...new Set(all.map((one) => one.status))].map((status) => [
                status,
                states[status as keyof typeof states] ?? status,
              ])}
            />
          </div>
          <Listing
            query={{ ...query, rows: query.data && select(all, url) }}
            what={names.clusters}
            columns={columns}
            rowKey={(one) => one.id}
            filters={["q", "status"]}
            empty={
              <Sign icon={<Server aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
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
