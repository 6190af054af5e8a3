import { HardDrive, ScanSearch } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { useOpened } from "../../routing/opened";
import { listQuery, useScope, useUrl } from "../../routing/search";
import { mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Refusal, Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Facts } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { AssetScan, ScanState, useScan } from "./AssetScan";
import { workloadsText } from "./text";

type Node = Schema<"Host">;

const EVERY_MS = 5_000;

/** The nodes of the cluster in scope, as it answers now. */
export function Nodes() {
  const t = useText(workloadsText);
  const cluster = useScope();
  if (!cluster) {
    return (
      <Sign
        icon={<HardDrive aria-hidden />}
        title={t.chooseCluster}
        hint={t.chooseClusterHint}
        role="status"
      />
    );
  }
  return <NodesOf cluster={cluster} />;
}

function NodesOf({ cluster }: { cluster: string }) {
  const t = useText(workloadsText);
  const format = useFormat();
  const may = useMay();
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/host", (answer) => answer.hosts, {
    cluster,
    query: listQuery(url, "name", {}),
    every: EVERY_MS,
  });
  const scan = useScan(cluster);
  const asks = useAllowed((self) => mayAskClusters(self, "write"));
  const writable = asks && may("rt_scan", "write");
  const columns: Column<Node>[] = [
    {
      id: "name",
      title: t.node,
      sort: "name",
      width: "1.4fr",
      cell: (one) => <Opener open={one.id ?? ""}>{one.name}</Opener>,
    },
    {
      id: "os",
      title: t.os,
      sort: "os",
      width: "1.8fr",
      cell: (one) => (
        <>
          {one.os || "–"}
          {one.kernel && <span className="sub">{one.kernel}</span>}
        </>
      ),
    },
    {
      id: "containers",
      title: t.containers,
      sort: "containers",
      width: "0.7fr",
      align: "end",
      cell: (one) => format.number(one.containers ?? 0),
    },
    {
      id: "state",
      title: t.ownScan,
      width: "1.2fr",
      cell: (one) => (
        <>
          <ScanState of={one.scan_summary ?? {}} />
          {(one.scan_summary?.scanned_timestamp ?? 0) > 0 && (
            <span className="sub">
              <Ago at={(one.scan_summary?.scanned_timestamp ?? 0) * 1_000} />
            </span>
          )}
        </>
      ),
    },
    {
      id: "found",
      title: t.found,
      cell: ({ scan_summary: brief }) =>
        (brief?.scanned_timestamp ?? 0) > 0 ? (
          <SeverityCounts critical={brief?.critical} high={brief?.high} medium={brief?.medium} />
        ) : (
          <span className="hint">{t.unscanned}</span>
        ),
    },
    ...(writable
      ? [
          {
            id: "scan",
            title: t.scan,
            width: "7rem",
            cell: ({ id = "", name = "", scan_summary: brief }: Node) => (
              <button
                type="button"
                aria-label={`${t.scan}: ${name}`}
                disabled={scan.isPending || ["scheduled", "scanning"].includes(brief?.status ?? "")}
                onClick={() => scan.mutate({ kind: "host", id })}
              >
                <ScanSearch aria-hidden size={16} /> {t.scan}
              </button>
            ),
          },
        ]
      : []),
  ];
  const opened = useOpened({
    path: "/v1/host",
    rows: query.rows,
    keyOf: (one) => one.id ?? "",
    read: async (id) => (await get("/v1/host/{id}", { path: { id }, cluster })).host,
  });
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.node} />
      </div>
      <Refusal error={scan.error} />
      <Listing
        query={query}
        what={t.tabs.nodes}
        columns={columns}
        rowKey={(one) => one.id ?? ""}
        current={(one) => one.id === url.open}
        empty={
          <Sign
            icon={<HardDrive aria-hidden />}
            title={t.noNode}
            hint={t.noNodeHint}
            role="status"
          />
        }
      />
      {opened && (
        <Dialog title={opened.name ?? ""} place="side" onClose={() => setUrl({ open: "" })}>
          <Facts
            of={[
              [t.os, opened.os || "–"],
              [t.kernel, opened.kernel || "–"],
              [
                t.runtime,
                [opened.runtime, opened.runtime_version].filter(Boolean).join(" ") || "–",
              ],
              [t.containers, format.number(opened.containers ?? 0)],
              [t.processors, format.number(opened.cpus ?? 0)],
              [t.memory, format.bytes(opened.memory ?? 0)],
            ]}
          />
          <AssetScan of={{ kind: "host", id: opened.id ?? "", cluster }} />
        </Dialog>
      )}
    </>
  );
}
