import { useQuery } from "@tanstack/react-query";
import { ScanSearch } from "lucide-react";

import { get, post, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { useOutcomeText } from "../../text/outcomes";
import { Ago } from "../../ui/Ago";
import { Refusal } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Severity, SeverityCounts } from "../../ui/Severity";
import { State, type Tone } from "../../ui/State";
import { gravity, scoreOf } from "../images/selection";
import { workloadsText } from "./text";

/** What a cluster scans of itself. */
export interface Asset {
  kind: "host" | "workload";
  id: string;
  /** The member that has it. */
  cluster: string;
}

/** Findings that are shown. */
const MOST = 100;
const BUSY_EVERY_MS = 1_500;
const EVERY_MS = 10_000;

const TONES: Record<string, Tone> = {
  finished: "good",
  scheduled: "busy",
  scanning: "busy",
  failed: "bad",
};

type Brief = Schema<"ScanBrief">;

/** The scan of something; nothing of it is said where there was none. */
const briefOf = (asset: { scan_summary?: Brief | null }): Brief => asset.scan_summary ?? {};

const isBusy = (brief: Brief | undefined) => TONES[brief?.status ?? ""] === "busy";

/** How far a cluster's own scan of something is. */
export function ScanState({ of }: { of: Brief }) {
  const t = useText(workloadsText);
  const status = of.status || "idle";
  return (
    <State tone={TONES[status] ?? "quiet"}>
      {t.scanStates[status as keyof typeof t.scanStates] ?? status}
    </State>
  );
}

/** The scan that the cluster itself makes of a node or a container: how it stands, what it found,
 * and a button that begins it. */
export function AssetScan({ of }: { of: Asset }) {
  const t = useText(workloadsText);
  const may = useMay();
  const outcome = useOutcomeText();
  const { brief, query } = useBrief(of);
  const scan = useScan(of.cluster);
  const asks = useAllowed((self) => mayAskClusters(self, "write"));
  const writable = asks && may("rt_scan", "write");
  return (
    <section className="stack" aria-label={t.ownScan}>
      <h3>{t.ownScan}</h3>
      <Loaded query={{ ...query, data: brief }} what={t.ownScan} lines={2}>
        {(said) => (
          <>
            <p className="toolbar">
              <ScanState of={said} />
              {(said.scanned_timestamp ?? 0) > 0 && (
                <>
                  <Ago at={(said.scanned_timestamp ?? 0) * 1_000} />
                  <SeverityCounts critical={said.critical} high={said.high} medium={said.medium} />
                </>
              )}
            </p>
            {said.status === "failed" && said.result && (
              <p className="hint">{outcome(said.result)}</p>
            )}
            {writable && (
              <div>
                <button
                  type="button"
                  disabled={scan.isPending || isBusy(said)}
                  onClick={() => scan.mutate(of)}
                >
                  <ScanSearch aria-hidden size={16} /> {t.scan}
                </button>
              </div>
            )}
            <Refusal error={scan.error} />
            {(said.scanned_timestamp ?? 0) > 0 && (
              <Found of={of} at={said.scanned_timestamp ?? 0} />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

/** Begins scans in a cluster. */
export function useScan(cluster: string) {
  const t = useText(workloadsText);
  return useChange(
    ({ kind, id }: Pick<Asset, "kind" | "id">) => {
      const target = { path: { id }, cluster };
      return kind === "host"
        ? post("/v1/scan/host/{id}", undefined, target)
        : post("/v1/scan/workload/{id}", undefined, target);
    },
    { done: t.scanBegun },
  );
}

/** How the scan of something stands, asked of the cluster itself. */
function useBrief({ kind, id, cluster }: Asset) {
  const pace = (brief: Brief | undefined) => (isBusy(brief) ? BUSY_EVERY_MS : EVERY_MS);
  const host = useGet("/v1/host/{id}", {
    path: { id },
    cluster,
    enabled: kind === "host",
    every: (data) => pace(data && briefOf(data.host)),
  });
  const workload = useGet("/v1/workload/{id}", {
    path: { id },
    cluster,
    enabled: kind === "workload",
    every: (data) => pace(data && briefOf(data.workload)),
  });
  return kind === "host"
    ? { query: host, brief: host.data && briefOf(host.data.host) }
    : { query: workload, brief: workload.data && briefOf(workload.data.workload) };
}

/** What the scan found; read anew after each one. */
function Found({ of: { kind, id, cluster }, at }: { of: Asset; at: number }) {
  const t = useText(workloadsText);
  const format = useFormat();
  const query = useQuery({
    queryKey: ["report of an asset", kind, id, cluster, at],
    queryFn: ({ signal }) => {
      const target = { path: { id }, cluster, signal };
      return kind === "host"
        ? get("/v1/scan/host/{id}", target)
        : get("/v1/scan/workload/{id}", target);
    },
  });
  return (
    <Loaded query={query} what={t.found}>
      {({ report }) => {
        const all = [...(report.vulnerabilities ?? [])].sort(
          (a, b) => gravity(b.severity) - gravity(a.severity) || scoreOf(b) - scoreOf(a),
        );
        if (all.length === 0) return <p className="hint">{t.nothingFound}</p>;
        return (
          <>
            <ul>
              {all.slice(0, MOST).map((one) => (
                <li key={`${one.name} ${one.package_name} ${one.package_version}`}>
                  <Severity of={one.severity} /> <b>{one.name}</b>{" "}
                  <span className="hint">
                    {one.package_name} {one.package_version} → {one.fixed_version || t.noFix}
                  </span>
                </li>
              ))}
            </ul>
            {all.length > MOST && (
              <p className="hint">{t.firstOf(format.number(MOST), format.number(all.length))}</p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
