import { ShieldCheck } from "lucide-react";

import { useGet } from "../../api/query";
import { useScope, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Severity } from "../../ui/Severity";
import { findingKey, selectVulnerabilities, type Vulnerability } from "./selection";
import { imagesText } from "./text";

/** Vulnerabilities of an image that do not count, and why. */
export function SetAside({ path }: { path: { name: string; id: string } }) {
  const t = useText(imagesText);
  const [url] = useUrl();
  const cluster = useScope();
  const query = useGet("/v1/scan/registry/{name}/image/{id}", {
    path,
    query: { show: "accepted" },
    cluster,
  });
  const all = query.data?.report.vulnerabilities?.filter((one) => (one.tags ?? []).length > 0);
  const columns: Column<Vulnerability>[] = [
    { id: "name", title: t.vulnerability, sort: "name", cell: (one) => one.name },
    {
      id: "severity",
      title: t.severity,
      sort: "severity",
      cell: (one) => <Severity of={one.severity} />,
    },
    {
      id: "package",
      title: t.package,
      sort: "package",
      width: "1.4fr",
      cell: (one) => (
        <>
          {one.package_name}
          <span className="sub">{one.package_version}</span>
        </>
      ),
    },
    {
      id: "why",
      title: t.why,
      width: "2.4fr",
      cell: (one) =>
        one.tags?.includes("vex") ? <VexWord of={one} /> : <span>{t.acceptedInProfile}</span>,
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText label={`${t.vulnerability}, ${t.package}`} />
      </div>
      <Listing
        query={{ ...query, rows: all && selectVulnerabilities([...all], url) }}
        what={t.tabs.aside}
        columns={columns}
        rowKey={findingKey}
        empty={<Sign icon={<ShieldCheck aria-hidden />} title={t.noneAside} role="status" />}
      />
    </>
  );
}

/** What a VEX document says of a vulnerability. */
export function VexWord({ of }: { of: Vulnerability }) {
  const t = useText(imagesText);
  const w = useText(words);
  if (!of.vex) return null;
  const { status, justification, statement, document } = of.vex;
  const reason = justification && (t.vexJustification[justification] ?? justification);
  const why = [reason, statement].filter(Boolean).join("; ");
  return (
    <>
      {[t.vexStatus[status ?? ""] ?? status, why].filter(Boolean).join(w.colon)}
      <span className="sub">{document}</span>
    </>
  );
}
