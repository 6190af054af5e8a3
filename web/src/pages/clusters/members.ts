import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";

export type Cluster = Schema<"JointCluster">;

const EVERY_MS = 2_000;

/** The federation with its members, as they are now. */
export function useMembers() {
  return useGet("/v1/fed/member", { every: EVERY_MS });
}

/** The highest revision that a member holds. */
export function headOf(members: Cluster[]): number {
  return members.reduce((head, member) => Math.max(head, member.revision ?? 0), 0);
}

/** Whether a member can be asked now. */
export function isConnected({ status }: Cluster): boolean {
  return ["synced", "out_of_sync", "syncing", "pinging", "connected"].includes(status);
}

/** How many revisions a member lacks of the head. */
export function behind(member: Cluster, head: number): number {
  return Math.max(0, head - (member.revision ?? 0));
}
