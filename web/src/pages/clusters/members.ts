import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { type Fleet, useFleet } from "../../routing/search";
import { selectorOf, selects } from "./selector";

export type Cluster = Schema<"JointCluster">;

const EVERY_MS = 2_000;
/** All members come at once: a large federation is read less often, by so much each. */
const EACH_MS = 4;

/** The federation with its members, as they are now. */
export function useMembers() {
  return useGet("/v1/fed/member", {
    every: (known) => Math.max(EVERY_MS, (known?.joint_clusters?.length ?? 0) * EACH_MS),
  });
}

/** How a cluster is called that a record names, or that it knows by its id alone: the primary
 * itself is no member. */
export function useClusterName(): (record: { cluster_id: string; cluster_name: string }) => string {
  const primary = useMembers().data?.master_cluster;
  return ({ cluster_id: id, cluster_name: name }) =>
    name || (primary?.id === id ? primary.name : id.slice(0, 8));
}

/** The clusters that were members once. */
export function useFormerMembers(enabled: boolean) {
  return useGet("/v1/fed/member", { query: { former: true }, enabled });
}

/** The members that the portal looks at; undefined while they are not known. */
export function useMembersInScope(): Cluster[] | undefined {
  const members = useMembers().data?.joint_clusters;
  const fleet = useFleet();
  return members && inScope(members, fleet);
}

/** Those of the members that are in scope. */
export function inScope(members: Cluster[], { cluster, cluster_selector }: Fleet): Cluster[] {
  const selector = selectorOf(cluster_selector ?? "");
  return members.filter(
    (one) => (!cluster || one.id === cluster) && selects(selector, one.labels ?? {}),
  );
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
