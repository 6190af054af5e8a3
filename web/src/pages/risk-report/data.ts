// What a risk report is made from, read at one moment.

import { get, post, type Schema } from "../../api/client";
import type { Fleet } from "../../routing/search";
import type { Permission } from "../../session/permissions";
import { timeNow } from "../../text/now";

/** Rows of each part: a report is read by people. */
export const MOST = 50;

export interface RiskData {
  /** Unix milliseconds. */
  at: number;
  summary: Schema<"FedSummary">;
  vulnerabilities?: Schema<"VulnerabilityQueryStats">["summary"];
  exploited: Schema<"FleetVulnerability">[];
  likely: Schema<"FleetVulnerability">[];
  denials?: Schema<"FedDenial">[];
  accepted?: Schema<"VulnerabilityProfileEntry">[];
}

export interface Wanted {
  /** The clusters; none named are all. */
  fleet: Fleet;
  /** How many days of denials. */
  days: number;
}

/** Where each part comes from: the whole of it can be had there. */
export function questions({ fleet, days }: Wanted, now: number) {
  const since = String(Math.floor(now / 1_000) - days * 86_400);
  return {
    clusters: { ...fleet },
    exploited: { ...fleet, kev: "true", sort: "epss", order: "desc" },
    likely: { ...fleet, sort: "epss", order: "desc" },
    denials: { ...fleet, since },
  } satisfies Record<string, Record<string, string | undefined>>;
}

/** Reads what the caller may read; the parts of which that is not known are absent. */
export async function readRisk(
  wanted: Wanted,
  may: (permission: Permission) => boolean,
  /** Whether they may read what is counted of all clusters. */
  forAll: boolean,
): Promise<RiskData> {
  const at = timeNow();
  const asked = questions(wanted, at);
  const limit = MOST;
  const [summary, exploited, likely, vulnerabilities, denials, accepted] = await Promise.all([
    get("/v1/fed/summary", { query: asked.clusters }),
    get("/v1/fed/vulnerabilities", { query: { ...asked.exploited, limit } }),
    get("/v1/fed/vulnerabilities", { query: { ...asked.likely, limit } }),
    // It counts the images of the registries, which belong to no cluster.
    forAll && may("rt_scan") && !wanted.fleet.cluster && !wanted.fleet.cluster_selector
      ? post("/v1/vulasset", { viewType: "registry" })
      : undefined,
    may("events") ? get("/v1/fed/denials", { query: { ...asked.denials, limit } }) : undefined,
    may("vulnerability")
      ? get("/v1/vulnerability/profile/{name}", { path: { name: "default" } })
      : undefined,
  ]);
  return {
    at,
    summary,
    exploited: exploited.vulnerabilities,
    likely: likely.vulnerabilities,
    ...(vulnerabilities && { vulnerabilities: vulnerabilities.summary }),
    ...(denials && { denials: denials.denials }),
    ...(accepted && { accepted: accepted.profile.entries ?? [] }),
  };
}
