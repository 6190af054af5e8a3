// A risk report as headings and tables, for the page and the PDF alike.

import { format as formatOf } from "../../text/format";
import type { Language } from "../../text/language";
import { severityText } from "../../ui/Severity";
import { denyRuleOf, type RuleName } from "../admission/deciding";
import { stateText } from "../clusters/ClusterState";
import { gravity, hasFindings } from "../images/selection";
import { MOST, type RiskData } from "./data";
import { riskReportText } from "./text";

export type PartId = "clusters" | "exploited" | "likely" | "images" | "denials" | "accepted";

/** What a row names that is found by its id. */
export interface Named {
  image?: string;
  cluster?: string;
  rule?: RuleName | undefined;
}

export interface Part {
  id: PartId;
  title: string;
  columns: string[];
  rows: string[][];
  /** Of each row, where it says more than its words. */
  named?: Named[];
  /** All rows, where they are at hand and these are the first of them. */
  all?: string[][];
  /** What stands below the rows, or in their place. */
  note: string;
}

export interface RiskDocument {
  title: string;
  subtitle: string;
  facts: [name: string, value: string][];
  parts: Part[];
}

interface About {
  /** The name of the one cluster that it is about; all where there is none. */
  cluster: string | undefined;
  days: number;
}

type Vulnerability = RiskData["likely"][number];

/** Those that are most likely to be used first; of which that is not known, the gravest. */
function byLikelihood(a: Vulnerability, b: Vulnerability): number {
  return (b.epss ?? -1) - (a.epss ?? -1) || gravity(b.severity) - gravity(a.severity);
}

/** Composes the report in a language. */
export function compose(
  data: RiskData,
  { cluster, days }: About,
  language: Language,
): RiskDocument {
  const t = riskReportText[language];
  const format = formatOf(language);
  const states: Record<string, string> = stateText[language];
  const severities: Record<string, string> = severityText[language];
  const part = (id: PartId, columns: string[], rows: string[][]): Part => ({
    id,
    title: id === "denials" ? t.denials(days) : t.parts[id],
    columns,
    rows,
    note: rows.length === 0 ? t.none : rows.length >= MOST ? t.cut(format.number(MOST)) : "",
  });
  const { total, clusters } = data.summary;
  const counts = data.vulnerabilities?.count_distribution;
  const vulnerability = (one: Vulnerability) => [
    one.name,
    severities[one.severity] ?? one.severity,
    String(one.score_v3 || one.score || "–"),
    one.epss == null ? "–" : format.percent(one.epss),
    one.kev ? t.yes : t.no,
    one.fixable ? t.yes : t.no,
    format.number(one.images),
    one.packages.slice(0, 3).join(", "),
  ];
  const vulnerabilityColumns = [
    t.vulnerability,
    t.severity,
    t.score,
    t.epss,
    t.kev,
    t.fix,
    t.images,
    t.packages,
  ];
  const parts = [
    part(
      "clusters",
      [t.cluster, t.state, t.lastSeen, t.workloads, t.scanned, t.critical, t.high, t.denialsDay],
      clusters
        .slice(0, MOST)
        .map((one) => [
          one.name,
          states[one.status] ?? one.status,
          one.last_seen ? format.moment(one.last_seen) : "–",
          format.number(one.workloads),
          `${format.number(one.scanned_images)} / ${format.number(one.images)}`,
          format.number(one.critical),
          format.number(one.high),
          format.number(one.denials),
        ]),
    ),
    part("exploited", vulnerabilityColumns, data.exploited.map(vulnerability)),
    part("likely", vulnerabilityColumns, data.likely.toSorted(byLikelihood).map(vulnerability)),
  ];
  if (data.vulnerabilities) {
    const images = data.vulnerabilities.top_images.filter(hasFindings);
    const all = images.map((one) => [
      one.display_name,
      ...[one.critical, one.high, one.medium, one.low].map(format.number),
    ]);
    const columns = [t.image, t.critical, t.high, t.medium, t.low];
    const named = images.map(({ id }) => ({ image: id }));
    parts.push({ ...part("images", columns, all), named, all });
  }
  if (data.denials) {
    const columns = [t.time, t.cluster, t.workload, t.namespace, t.image, t.rule, t.outcome];
    const rows = data.denials.map((one) => [
      format.moment(one.reported_at),
      one.cluster_name,
      one.workload || "–",
      one.namespace || "–",
      one.image || "–",
      String(denyRuleOf(one)?.id ?? "–"),
      one.denied ? t.denied : t.watched,
    ]);
    const named = data.denials.map((one) => ({ cluster: one.cluster_id, rule: denyRuleOf(one) }));
    parts.push({ ...part("denials", columns, rows), named });
  }
  if (data.accepted) {
    const all = data.accepted
      .filter((one) => !one.expired)
      .map((one) => [
        one.name ?? "",
        one.comment || "–",
        (one.images ?? []).join(", ") || t.everywhere,
        (one.domains ?? []).join(", ") || t.everywhere,
      ]);
    const columns = [t.vulnerability, t.reason, t.images, t.namespaces];
    parts.push({ ...part("accepted", columns, all.slice(0, MOST)), all });
  }
  return {
    title: t.title,
    subtitle: t.subtitle(cluster ?? t.allClusters, format.moment(data.at)),
    facts: [
      [t.facts.clusters, t.synced(format.number(total.clusters), format.number(total.synced))],
      [t.facts.workloads, format.number(total.workloads)],
      [t.facts.denials, format.number(total.denials)],
      ...(counts
        ? ([
            [t.vulnerabilities(t.critical), format.number(counts.critical)],
            [t.vulnerabilities(t.high), format.number(counts.high)],
            [t.vulnerabilities(t.medium), format.number(counts.medium)],
            [t.vulnerabilities(t.low), format.number(counts.low)],
          ] satisfies [string, string][])
        : []),
    ],
    parts,
  };
}
