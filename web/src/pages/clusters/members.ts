import type { Schema } from "../../api/client";
import { useGet, usePages } from "../../api/query";
import { listQuery, useFleet, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useSettled } from "../../ui/useSettled";

export type Cluster = Schema<"JointCluster">;

const CALL = "/v1/fed/member";
const EVERY_MS = 2_000;
const SELDOM_MS = 60_000;
/** Members, and labels of members, to choose from: the others are found by typing. */
const OFFERED = 200;
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

/** The member of a name, as soon as there is one. */
export function useMemberNamed(name: string): Cluster | undefined {
  const query = { f_name: name, limit: 1 };
  return useGet(CALL, { query, every: EVERY_MS }).data?.joint_clusters?.[0];
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

/** How many members a selector selects, as it is typed, or how many there are; undefined while
 * that is not known, or where it is none: then `error` says why. */
export function useSelected(selector: string, enabled = true) {
  const query = { cluster_selector: selector || undefined, limit: 1 };
  const options = { query, enabled: useMayRead() && enabled, every: SELDOM_MS };
  const { data, error } = useGet(CALL, options);
  const statuses = data?.summary?.statuses;
  const count = statuses && Object.values(statuses).reduce((sum, of) => sum + of, 0);
  return { count, error };
}

/** Members to choose from by what is typed, and labels with how many have each, as the primary
 * finds them; `searching` until they are of all that was typed. */
export function useFound(typed: string, { enabled = true } = {}) {
  const wanted = typed.trim();
  const find = useSettled(wanted);
  const { data, isLoading, isPlaceholderData } = useGet(CALL, {
    query: { find, limit: OFFERED, labels: OFFERED },
    enabled: useMayRead() && enabled,
    every: SELDOM_MS,
    keep: true,
  });
  return {
    members: data?.joint_clusters ?? [],
    labels: data?.summary?.labels ?? {},
    /** Whether there are others. */
    more: data?.joint_clusters?.length === OFFERED,
    searching: isLoading || isPlaceholderData || find !== wanted,
  };
}

/** All members, where each of them counts; of those that are merely chosen from, a new state is
 * of no haste. */
export function useMembers({ haste = true, enabled = true } = {}) {
  return useGet(CALL, {
    enabled: useMayRead() && enabled,
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

/** The members in scope that somebody should look at: few of a large federation. */
export function useMembersOfConcern() {
  return useGet(CALL, {
    query: { ...useFleet(), concerning: true },
    enabled: useMayRead(),
    every: (known) => Math.max(EVERY_MS, (known?.joint_clusters?.length ?? 0) * EACH_MS),
  });
}

/** The first members in scope, to choose one from; with `more` there are others. */
export function useSomeInScope() {
  const { data } = useGet(CALL, {
    query: { ...useFleet(), limit: OFFERED },
    enabled: useMayRead(),
    every: EVERY_MS,
  });
  const members = data?.joint_clusters ?? [];
  return { members, more: members.length === OFFERED };
}

/** Whether a member can be asked now. */
export function isConnected({ status }: Cluster): boolean {
  return ["synced", "out_of_sync", "syncing", "pinging", "connected"].includes(status);
}

/** How many revisions a member lacks of the newest one. */
export function behind(member: Cluster, head: number): number {
  return Math.max(0, head - (member.revision ?? 0));
}
