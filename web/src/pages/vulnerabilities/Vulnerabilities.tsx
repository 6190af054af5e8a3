import { Bug } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { fleetQuery, type Search, useUrl, useWithin } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
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
import { SEVERITIES, Severity, useSeverityName } from "../../ui/Severity";
import { Tabs, useTab } from "../../ui/Tabs";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { vexText } from "../vex/text";
import { VexDocuments } from "../vex/VexDocuments";
import { vulnerabilitiesText } from "./text";
import { VulnerabilityPanel } from "./VulnerabilityPanel";

export type Vulnerability = Schema<"FleetVulnerability">;

/** Packages that a row names. */
const NAMED = 3;

/** What the server is asked, by the URL's state. */
function queryOf(search: Search): Record<string, string | undefined> {
  return {
    ...fleetQuery(search),
    name: search.q,
    severity: search.severity?.toLowerCase(),
    fixable: search.fix,
    kev: search.type,
    package: search.package,
    running: search.running,
  };
}

/** What images have, and what documents say of it. */
export function Vulnerabilities() {
  const t = useText(vulnerabilitiesText);
  const v = useText(vexText);
  const names = useText(pageNames);
  const may = useMay();
  const [url] = useUrl();
  const tabs: [string, string][] = [["all", names.vulnerabilities]];
  if (may("vulnerability", "read")) tabs.push(["vex", v.title]);
  const tab = useTab(tabs);
  return (
    <Page
      title={names.vulnerabilities}
      lead={t.lead}
      actions={
        tab === "all" && (
          <Export path="/v1/fed/vulnerabilities" query={queryOf(url)} name="vulnerabilities" />
        )
      }
    >
      {tabs.length > 1 && <Tabs label={names.vulnerabilities} tabs={tabs} />}
      {tab === "vex" ? <VexDocuments /> : <VulnerabilityList />}
    </Page>
  );
}

function VulnerabilityList() {
  const t = useText(vulnerabilitiesText);
  const w = useText(words);
  const names = useText(pageNames);
  const severity = useSeverityName();
  const format = useFormat();
  const [url, setUrl] = useUrl();
  const fleet = useWithin();
  const asked = queryOf(url);
  const query = usePages("/v1/fed/vulnerabilities", (answer) => answer.vulnerabilities, {
    query: asked,
  });
  const columns: Column<Vulnerability>[] = [
    {
      id: "name",
      title: t.vulnerability,
      sort: "name",
      width: "1.4fr",
      cell: (one) => (
        <>
          <Opener open={one.name}>{one.name}</Opener>{" "}
          {one.kev && (
            <span className="count critical" title={t.kevHint}>
              {t.kev}
            </span>
          )}
        </>
      ),
    },
    {
      id: "severity",
      title: t.severity,
      sort: "severity",
      cell: (one) => <Severity of={one.severity} />,
    },
    {
      id: "score",
      title: t.score,
      sort: "score_v3",
      width: "0.6fr",
      cell: (one) => one.score_v3 || one.score || "–",
    },
    {
      id: "epss",
      title: t.epss,
      sort: "epss",
      width: "0.8fr",
      cell: (one) => (one.epss == null ? "–" : format.percent(one.epss)),
    },
    {
      id: "packages",
      title: t.packages,
      width: "1.6fr",
      cell: ({ packages }) => (
        <>
          {packages.slice(0, NAMED).map((name) => (
            <span key={name} className="tag">
              {name}
            </span>
          ))}
          {packages.length > NAMED && (
            <span className="hint">{t.more(packages.length - NAMED)}</span>
          )}
        </>
      ),
    },
    {
      id: "fixable",
      title: t.fixable,
      width: "0.7fr",
      cell: (one) => (one.fixable ? w.yes : w.no),
    },
    {
      id: "images",
      title: t.images,
      sort: "images",
      width: "0.6fr",
      align: "end",
      cell: (one) => format.number(one.images),
    },
    {
      id: "published",
      title: t.published,
      sort: "published",
      width: "0.9fr",
      cell: (one) =>
        one.published_timestamp > 0 ? <Ago at={one.published_timestamp * 1_000} /> : "–",
    },
  ];
  const opened = useOpened({
    path: "/v1/fed/vulnerabilities",
    rows: query.rows,
    keyOf: (one) => one.name,
    read: async (name) => {
      const query = { ...fleet, name, sort: "name", order: "asc" };
      const found = await get("/v1/fed/vulnerabilities", { query });
      return found.vulnerabilities.find((one) => one.name === name);
    },
  });
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.vulnerability} />
        <FilterText label={t.package} of="package" />
        <Facet
          of="severity"
          label={t.severity}
          options={SEVERITIES.map((one) => [one, severity(one)])}
        />
        <Facet of="fix" label={t.fixable} options={Object.entries(t.fixes)} />
        <Facet of="type" label={t.exploited} options={[["true", t.exploitedOnly]]} />
        <Facet of="running" label={t.running} options={[["true", t.runningOnly]]} />
        <ClusterFacet />
      </div>
      <Listing
        query={query}
        what={names.vulnerabilities}
        columns={columns}
        rowKey={(one) => one.name}
        current={(one) => one.name === url.open}
        filters={["q", "package", "ns", "severity", "fix", "type", "running", "cluster"]}
        empty={<Sign icon={<Bug aria-hidden />} title={t.none} hint={t.noneHint} role="status" />}
      />
      {opened && <VulnerabilityPanel of={opened} onClose={() => setUrl({ open: "" })} />}
    </>
  );
}
