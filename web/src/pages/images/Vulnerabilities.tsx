import { ShieldCheck } from "lucide-react";

import { useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { SEVERITIES, Severity, useSeverityName } from "../../ui/Severity";
import { findingKey, scoreOf, selectVulnerabilities, type Vulnerability } from "./selection";
import { imagesText } from "./text";
import { VulnerabilityDialog } from "./VulnerabilityDialog";

interface Props {
  all: Vulnerability[];
  /** The image, `repository:tag`. */
  image: string | undefined;
}

/** The known vulnerabilities of an image. */
export function Vulnerabilities({ all, image }: Props) {
  const t = useText(imagesText);
  const severity = useSeverityName();
  const [url, setUrl] = useUrl();
  const rows = selectVulnerabilities([...all], url);
  const opened = all.find((one) => findingKey(one) === url.open);
  const columns: Column<Vulnerability>[] = [
    {
      id: "name",
      title: t.vulnerability,
      sort: "name",
      width: "1.2fr",
      cell: (one) => <Opener open={findingKey(one)}>{one.name}</Opener>,
    },
    {
      id: "severity",
      title: t.severity,
      sort: "severity",
      width: "0.85fr",
      cell: (one) => <Severity of={one.severity} />,
    },
    {
      id: "score",
      title: t.score,
      sort: "score",
      width: "0.5fr",
      cell: (one) => scoreOf(one) || "–",
    },
    {
      id: "package",
      title: t.package,
      sort: "package",
      width: "1.5fr",
      cell: (one) => one.package_name,
    },
    { id: "installed", title: t.installed, width: "1.1fr", cell: (one) => one.package_version },
    {
      id: "fixed",
      title: t.fixed,
      width: "1.5fr",
      cell: (one) => one.fixed_version || <span className="hint">{t.noFix}</span>,
    },
    {
      id: "published",
      title: t.published,
      sort: "published",
      width: "0.9fr",
      cell: (one) => (one.published_timestamp ? <Ago at={one.published_timestamp * 1_000} /> : "–"),
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText label={`${t.vulnerability}, ${t.package}`} />
        <Facet
          of="severity"
          label={t.severity}
          options={SEVERITIES.map((one) => [one, severity(one)])}
        />
        <Facet
          of="fix"
          label={t.fixed}
          options={[
            ["with", t.fixes.with],
            ["without", t.fixes.without],
          ]}
        />
      </div>
      <Listing
        query={{ rows, error: null, isPending: false, refetch: () => undefined }}
        what={t.tabs.vulnerabilities}
        columns={columns}
        rowKey={findingKey}
        current={(one) => findingKey(one) === url.open}
        filters={["q", "severity", "fix"]}
        empty={
          <Sign icon={<ShieldCheck aria-hidden />} title={t.noVulnerabilities} role="status" />
        }
      />
      {opened && (
        <VulnerabilityDialog of={opened} image={image} onClose={() => setUrl({ open: "" })} />
      )}
    </>
  );
}
