import type { Schema } from "../../api/client";
import { useGet, usePages } from "../../api/query";
import { type Fleet, listQuery, useFleet, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { selectorOf, selects } from "./selector";

export type Cluster = Schema<"JointCluster">;

const CALL = "/v1/fed/member";
const EVERY_MS = 2_000;
const SELDOM_MS = 60_000;
/** A large federation is read less often, by so much for each member. */
const EACH_MS = 4;

/** Whether the caller may read members: what merely names them does not ask else, since each
 * refusal is an event. */
export function useMayRead(): boolean {
  return useMay()("config", "read");
}

/** The federation, and its members in scope in numbers. */
export function useFederation({ every = EVERY_MS, enabled = true } = {}) {
  return useGet(CALL, { query: { ...useFleet(), limit: 1 }, every, enabled });
}

/** One member, with the numbers of the federation; none where `id` is empty. */
export function useMember(id: string | undefined) {
  const query = useGet(CALL, { query: { cluster: id }, every: EVERY_MS, enabled: Boolean(id) });
  return { ...query, member: query.data?.joint_clusters?.[0] };
}

/** The members in scope that the URL's filters admit, in its order; or those that were members
 * once. */
export function useMemberPages(former = false) {
  const [url] = useUrl();
  const of = former && { former: true, f_status: "in,left|kicked" };
  return usePages(CALL, (answer) => answer.joint_clusters ?? [], {
    query: { ...of, ...listQuery(url, "name", { status: "status" }), ...useFleet() },
    every: EVERY_MS,
  });
}

/** All members, where each of them counts; of those that are merely chosen from, a new state is
 * of no haste. */
export function useMembers(haste = true) {
  return useGet(CALL, {
    enabled: useMayRead(),
    every: (known) =>
      Math.max(haste ? EVERY_MS : SELDOM_MS, (known?.joint_clusters?.length ?? 0) * EACH_MS),
  });
}

/** How a cluster is called that a record names, or that it knows by its id alone: the primary
 * itself is no member. */
export function useClusterName(): (record: { cluster_id: string; cluster_name: string }) => string {
  const primary = useFederation({ enabled: useMayRead() }).data?.master_cluster;
  return ({ cluster_id: id, cluster_name: name }) =>
    name || (primary?.id === id ? primary.name : id.slice(0, 8));
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

/** Whether a member can be asked now. */
export function isConnected({ status }: Cluster): boolean {
  return ["synced", "out_of_sync", "syncing", "pinging", "connected"].includes(status);
}

/** How many revisions a member lacks of the newest one. */
export function behind(member: Cluster, head: number): number {
  return Math.max(0, head - (member.revision ?? 0));
}
