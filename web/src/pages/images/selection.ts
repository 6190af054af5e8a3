// What of a report is shown: reports come whole, so the page selects.

import type { Schema } from "../../api/client";
import type { Search } from "../../routing/search";

export type Vulnerability = Schema<"Vulnerability">;
export type Module = Schema<"ScanModule">;

const RANK: Record<string, number> = { Critical: 4, High: 3, Medium: 2, Low: 1 };

export function gravity(severity: string | undefined): number {
  return RANK[severity ?? ""] ?? 0;
}

interface Counts {
  critical?: number;
  high?: number;
  medium?: number;
  low?: number;
}

/** Whether an image with so many findings has a place among the worst. */
export function hasFindings({ critical, high, medium, low }: Counts): boolean {
  return Boolean(critical || high || medium || low);
}

/** Why an image failed, or waits to be tried again; that its last scan succeeded is no reason. */
export function reasonOf({ status, result = "" }: { status?: string; result?: string }): string {
  const isAsked = status === "failed" || status === "scheduled";
  return isAsked && result !== "succeeded" ? result : "";
}

export function scoreOf(one: Vulnerability): number {
  return one.score_v3 || one.score || 0;
}

function byGravity(a: Vulnerability, b: Vulnerability): number {
  return (
    gravity(b.severity) - gravity(a.severity) ||
    scoreOf(b) - scoreOf(a) ||
    (a.name ?? "").localeCompare(b.name ?? "")
  );
}

const ORDERS: Record<string, (a: Vulnerability, b: Vulnerability) => number> = {
  name: (a, b) => (a.name ?? "").localeCompare(b.name ?? "", undefined, { numeric: true }),
  severity: (a, b) => gravity(a.severity) - gravity(b.severity),
  score: (a, b) => scoreOf(a) - scoreOf(b),
  package: (a, b) => (a.package_name ?? "").localeCompare(b.package_name ?? ""),
  published: (a, b) => (a.published_timestamp ?? 0) - (b.published_timestamp ?? 0),
};

/** The vulnerabilities that the URL asks for, gravest first unless it says otherwise. */
export function selectVulnerabilities<V extends Vulnerability>(all: V[], search: Search): V[] {
  const text = search.q?.toLowerCase() ?? "";
  const rows = all.filter(
    (one) =>
      (!text || `${one.name} ${one.package_name}`.toLowerCase().includes(text)) &&
      (!search.severity || one.severity === search.severity) &&
      (!search.fix || (search.fix === "with") === Boolean(one.fixed_version)),
  );
  const order = ORDERS[search.sort?.replace(/^-/, "") ?? ""];
  if (!order) return rows.sort(byGravity);
  const sign = search.sort?.startsWith("-") ? -1 : 1;
  return rows.sort((a, b) => sign * order(a, b) || byGravity(a, b));
}

/** Names one finding in a report: a CVE may be in several packages. */
export function findingKey(one: Vulnerability): string {
  return `${one.name} ${one.package_name} ${one.package_version} ${one.file_name}`;
}

export interface Difference<T> {
  onlyLeft: T[];
  onlyRight: T[];
  both: T[];
}

/** Two lists by what `key` says they have in common. */
export function differ<T>(left: T[], right: T[], key: (item: T) => string): Difference<T> {
  const inLeft = new Set(left.map(key));
  const inRight = new Set(right.map(key));
  return {
    onlyLeft: left.filter((item) => !inRight.has(key(item))),
    onlyRight: right.filter((item) => !inLeft.has(key(item))),
    both: left.filter((item) => inRight.has(key(item))),
  };
}
