// What somebody should look at, from what is known anyway.

import type { Schema } from "../../api/client";

const DAY_MS = 86_400_000;
/** Vulnerability data older than this hides what became known since. */
export const OLD_DATA_MS = 3 * DAY_MS;

export type Concern =
  | { kind: "disconnected"; id: string; name: string; since: string }
  | { kind: "neverConnected"; id: string; name: string }
  | { kind: "pending"; id: string; name: string }
  | { kind: "duplicate"; id: string; name: string; at: string }
  | { kind: "otherVersion"; id: string; name: string; status: string }
  | { kind: "halted"; id: number; revision: number }
  | { kind: "noClusters" }
  | { kind: "oldData"; at: string }
  | { kind: "noData" }
  | { kind: "scanFailed"; name: string; count: number }
  | { kind: "registryFailed"; name: string };

interface Known {
  /** How many there are. */
  clusters: number | undefined;
  /** Those of them that somebody should look at, if not more. */
  members: Schema<"JointCluster">[] | undefined;
  /** Those that were halted. */
  rollouts: Schema<"Rollout">[] | undefined;
  scanners: Schema<"Scanner">[] | undefined;
  registries: Schema<"RegistrySummary">[] | undefined;
}

/** The newest vulnerability database of the scanners. */
export function newestData(scanners: Schema<"Scanner">[]): Schema<"Scanner"> | undefined {
  return scanners
    .filter((one) => one.cvedb_create_time)
    .sort(
      (a, b) => Date.parse(b.cvedb_create_time ?? "") - Date.parse(a.cvedb_create_time ?? ""),
    )[0];
}

/** Where a cluster and the primary do not understand each other. */
const OTHER_VERSIONS = ["joint_upgrade_required", "joint_version_too_new"];

/** The concerns, gravest first; what is not known yet raises none. */
export function concerns(
  { clusters, members, rollouts, scanners, registries }: Known,
  now: number,
): Concern[] {
  const found: Concern[] = [];
  for (const { id, revision } of rollouts ?? []) found.push({ kind: "halted", id, revision });
  for (const { id, name, status, last_seen: since, duplicate_at: at } of members ?? []) {
    if (at) found.push({ kind: "duplicate", id, name, at });
    if (status === "pending") found.push({ kind: "pending", id, name });
    if (status === "disconnected" && since) found.push({ kind: "disconnected", id, name, since });
    if (OTHER_VERSIONS.includes(status)) found.push({ kind: "otherVersion", id, name, status });
    if (status === "joined") found.push({ kind: "neverConnected", id, name });
  }
  for (const { name = "", failed = 0, error_message: message } of registries ?? []) {
    if (message) found.push({ kind: "registryFailed", name });
    else if (failed > 0) found.push({ kind: "scanFailed", name, count: failed });
  }
  if (scanners) {
    const at = newestData(scanners)?.cvedb_create_time;
    if (!at) found.push({ kind: "noData" });
    else if (now - Date.parse(at) > OLD_DATA_MS) found.push({ kind: "oldData", at });
  }
  if (clusters === 0) found.push({ kind: "noClusters" });
  return found;
}
