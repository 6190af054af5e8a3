import { Link, useParams } from "@tanstack/react-router";
import { GitCompare } from "lucide-react";
import type { ReactNode } from "react";

import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useFleet, useScope } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import { Copy } from "../../ui/Copy";
import { Loaded } from "../../ui/Loaded";
import { Facts, Page } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { Tabs, useTab } from "../../ui/Tabs";
import { Layers } from "./Layers";
import { Packages } from "./Packages";
import { Checks, Configuration, Secrets, SetId, Signatures } from "./ReportParts";
import { SbomDownload } from "./SbomDownload";
import { SetAside } from "./SetAside";
import { imagesText } from "./text";
import { Vulnerabilities } from "./Vulnerabilities";

export type Report = Schema<"ScanReport">;

/** All that is known of one image. */
export function ImageDetail() {
  const { registry, id } = useParams({ strict: false }) as { registry: string; id: string };
  const t = useText(imagesText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const cluster = useScope();
  const path = { name: registry, id };
  const may = useMay();
  const summaries = useGet("/v1/scan/registry/{name}/images", {
    path: { name: registry },
    query: { f_image_id: id, limit: 1 },
    cluster,
  });
  const query = useGet("/v1/scan/registry/{name}/image/{id}", { path, cluster });
  const runs = useGet("/v1/fed/images", {
    query: { ...useFleet(), image_id: id },
    enabled: may("fed", "read"),
  }).data?.images;
  const image = summaries.data?.images.find((one) => one.image_id === id);
  const name = image && `${image.repository}:${image.tag}`;
  const title = name ?? id.slice(0, 12);
  return (
    <Page
      title={title}
      parent={{ to: `/registries/${encodeURIComponent(registry)}`, text: registry }}
      beside={
        image && (
          <SeverityCounts critical={image.critical} high={image.high} medium={image.medium} />
        )
      }
      actions={
        <>
          {cluster === undefined && !summaries.isPending && may("reg_scan", "read") && (
            <SbomDownload path={path} image={title} />
          )}
          <Link
            className="button"
            to={"/images/compare" as never}
            search={{ left: `${registry} ${id}` } as never}
          >
            <GitCompare aria-hidden size={16} /> {t.compare}
          </Link>
        </>
      }
    >
      <div className="stack">
        {image && (
          <Facts
            of={[
              [t.os, image.base_os || "–"],
              [t.size, image.size ? format.bytes(image.size) : "–"],
              [t.created, image.created_at ? <Ago key="b" at={image.created_at} /> : "–"],
              [t.scanned, image.scanned_at ? <Ago key="a" at={image.scanned_at} /> : w.never],
              [t.runsAsRoot, image.run_as_root ? w.yes : w.no],
              ...(runs ? [[t.runs, <Runs key="r" of={runs} />] as [string, ReactNode]] : []),
              [t.digest, <Copy key="d" text={image.digest ?? "–"} label={t.digest} />],
            ]}
          />
        )}
        <Loaded query={query} what={names.images}>
          {({ report }) => <ReportTabs report={report} name={name} path={path} />}
        </Loaded>
      </div>
    </Page>
  );
}

/** The workloads of an image, by each name that it runs under. */
function Runs({ of }: { of: Schema<"FedImage">[] }) {
  const t = useText(imagesText);
  if (of.length === 0) return t.nowhere;
  return of.map((one) => (
    <span key={one.name} className="sub">
      {one.name ? (
        <Link to={"/workloads" as never} search={{ image: one.name } as never}>
          {t.runsAs(one.clusters, one.workloads)}
        </Link>
      ) : (
        t.runsAs(one.clusters, one.workloads)
      )}
    </span>
  ));
}

interface TabsProps {
  report: Report;
  /** `repository:tag`. */
  name: string | undefined;
  path: { name: string; id: string };
}

function ReportTabs({ report, name, path }: TabsProps) {
  const t = useText(imagesText);
  const names = useText(pageNames);
  const format = useFormat();
  const counts: Record<keyof typeof t.tabs, number | undefined> = {
    vulnerabilities: report.vulnerabilities?.length ?? 0,
    packages: report.modules?.length ?? 0,
    layers: undefined,
    secrets: report.secrets?.length ?? 0,
    setuid: report.setid_perms?.length ?? 0,
    checks: report.checks?.length ?? 0,
    aside: undefined,
    signatures: report.signature_data?.verifiers?.length ?? 0,
    config: undefined,
  };
  // Neither these nor a bill of materials is given to who reads some namespaces alone.
  const layers = useMay()("reg_scan", "read");
  const offered = Object.entries(t.tabs).filter(([tab]) => tab !== "layers" || layers);
  const tabs = offered.map(([tab, text]): [string, string, string | undefined] => {
    const count = counts[tab as keyof typeof t.tabs];
    return [tab, text, count === undefined ? undefined : format.number(count)];
  });
  const tab = useTab(tabs);
  return (
    <div>
      <Tabs label={names.images} tabs={tabs} />
      {tab === "vulnerabilities" && (
        <Vulnerabilities all={report.vulnerabilities ?? []} image={name} />
      )}
      {tab === "packages" && <Packages all={report.modules ?? []} />}
      {tab === "layers" && <Layers path={path} />}
      {tab === "secrets" && <Secrets all={report.secrets ?? []} />}
      {tab === "setuid" && <SetId all={report.setid_perms ?? []} />}
      {tab === "checks" && <Checks all={report.checks ?? []} />}
      {tab === "aside" && <SetAside path={path} />}
      {tab === "signatures" && <Signatures of={report.signature_data ?? undefined} />}
      {tab === "config" && <Configuration report={report} />}
    </div>
  );
}
