import { Container, X } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { fleetQuery, type Search, useUrl } from "../../routing/search";
import { mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { Tabs, useTab } from "../../ui/Tabs";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ClusterLink } from "../clusters/ClusterLink";
import { ImageLink } from "../images/ImageLink";
import { Nodes } from "./Nodes";
import { keyOf, placeOf } from "./place";
import { workloadsText } from "./text";
import { WorkloadPanel } from "./WorkloadPanel";

export type Workload = Schema<"FedWorkload">;

/** No change tells of what comes and goes in clusters. */
const EVERY_MS = 10_000;
/** As many of those that began within the same second are looked through for one of them. */
const MOST = 1_000;

/** What of a fleet's questions the URL asks of workloads. */
function queryOf(url: Search) {
  return {
    ...fleetQuery(url),
    name: url.q,
    image: url.image,
    vulnerability: url.code,
    run_as_root: url.type,
  };
}

/** What runs, and on what. */
export function Workloads() {
  const t = useText(workloadsText);
  const names = useText(pageNames);
  const may = useMay();
  const [url] = useUrl();
  const tabs: [string, string][] = [["containers", t.tabs.containers]];
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  if (asks && may("rt_scan", "read")) tabs.push(["nodes", t.tabs.nodes]);
  const tab = useTab(tabs);
  return (
    <Page
      title={names.workloads}
      lead={tab === "nodes" ? t.leadNodes : t.lead}
      actions={
        tab === "containers" && (
          <Export path="/v1/fed/workloads" query={queryOf(url)} name="workloads" />
        )
      }
    >
      {tabs.length > 1 && <Tabs label={names.workloads} tabs={tabs} />}
      {tab === "nodes" ? <Nodes /> : <Containers />}
    </Page>
  );
}

/** The containers that run in the clusters in scope. */
function Containers() {
  const t = useText(workloadsText);
  const w = useText(words);
  const names = useText(pageNames);
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/fed/workloads", (answer) => answer.workloads, {
    query: queryOf(url),
    every: EVERY_MS,
  });
  const columns: Column<Workload>[] = [
    {
      id: "name",
      title: t.name,
      sort: "name",
      width: "1.4fr",
      cell: (one) => (
        <>
          <Opener open={keyOf(one)}>{one.name || one.id.slice(0, 12)}</Opener>
          {one.pod && <span className="sub">{one.pod}</span>}
        </>
      ),
    },
    { id: "namespace", title: t.namespace, sort: "namespace", cell: (one) => one.namespace || "–" },
    {
      id: "cluster",
      title: w.cluster,
      sort: "cluster",
      cell: (one) => <ClusterLink id={one.cluster_id}>{one.cluster_name}</ClusterLink>,
    },
    { id: "node", title: t.node, cell: (one) => one.host },
    {
      id: "image",
      title: t.image,
      sort: "image",
      width: "2fr",
      cell: (one) => (
        <ImageLink id={one.scanned ? one.image_id : undefined}>
          {one.image || one.image_id.slice(0, 12) || "–"}
        </ImageLink>
      ),
    },
    {
      id: "found",
      title: t.found,
      cell: (one) =>
        one.scanned ? (
          <SeverityCounts critical={one.critical} high={one.high} medium={one.medium} />
        ) : (
          <span className="hint">{t.unscanned}</span>
        ),
    },
    {
      id: "started",
      title: t.started,
      sort: "started_at",
      width: "0.8fr",
      cell: (one) => (one.started_at ? <Ago at={one.started_at} /> : "–"),
    },
  ];
  const opened = useOpened({
    path: "/v1/fed/workloads",
    rows: query.rows,
    keyOf,
    read: async (key) => {
      const query = { ...placeOf(key), limit: MOST };
      const { workloads } = await get("/v1/fed/workloads", { query });
      return workloads.find((one) => keyOf(one) === key);
    },
  });
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.name} />
        <ClusterFacet />
        <Facet
          of="type"
          label={t.root}
          options={[
            ["true", w.yes],
            ["false", w.no],
          ]}
        />
        {(["image", "code"] as const).map(
          (key) =>
            url[key] && (
              <button key={key} type="button" onClick={() => setUrl({ [key]: "" })}>
                {key === "image" ? t.image : t.vulnerability}
                {w.colon}
                {url[key]} <X aria-label={w.clearFilter} size={16} />
              </button>
            ),
        )}
      </div>
      <Listing
        query={query}
        what={names.workloads}
        columns={columns}
        rowKey={keyOf}
        current={(one) => keyOf(one) === url.open}
        filters={["q", "ns", "cluster", "type", "image", "code"]}
        empty={
          <Sign icon={<Container aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
      {opened && <WorkloadPanel of={opened} onClose={() => setUrl({ open: "" })} />}
    </>
  );
}
