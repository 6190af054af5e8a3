import type { Schema } from "../api/client";
import { useGet } from "../api/query";

/** What a caller may be allowed to do; ids as the REST API names them. */
export type Permission =
  | "fed"
  | "config"
  | "nv_resource"
  | "admctrl"
  | "rt_policy"
  | "reg_scan"
  | "rt_scan"
  | "events"
  | "audit_events"
  | "security_events"
  | "authorization"
  | "authentication"
  | "vulnerability";

type Self = Schema<"SelfUserData">;

/** The caller. */
export function useSelf() {
  return useGet("/v1/selfuser", { every: 60_000 });
}

type Access = "read" | "write";

function has(permissions: Schema<"RolePermission">[], permission: Permission, access: Access) {
  return permissions.some((held) => held.id === permission && held[access]);
}

/** Whether somebody holds a permission: everywhere, or in the clusters that their role reaches. */
export function holds(self: Self, permission: Permission, access: Access) {
  return has(self.global_permissions, permission, access);
}

/** The same of who may hold it in some namespaces of the primary's own cluster alone. */
export function holdsSomewhere(self: Self, permission: Permission, access: Access) {
  const there = Object.values(self.domain_permissions);
  return [self.global_permissions, ...there].some((held) => has(held, permission, access));
}

/** What a role reaches of the fleet. */
export type Reach =
  /** Everything: all clusters, and what belongs to the federation itself, such as who is a member,
   * labels, rollouts and registries. */
  | "all"
  /** The clusters with some labels, and the federated objects that are provably for these alone. */
  | "labels"
  /** Some clusters, one by one: nothing federated is provably for these. */
  | "listed"
  /** Namespaces: nothing that is asked of a whole cluster. */
  | "namespaces";

export function reachOf({ user: { access_scope: scope } }: Self): Reach {
  if (!scope) return "all";
  if ((scope.domains ?? []).length > 0) return "namespaces";
  return scope.cluster_selector ? "labels" : "listed";
}

/** Whether somebody may do what is the same for all clusters. */
export function holdsForAll(self: Self, permission: Permission, access: Access) {
  return reachOf(self) === "all" && holds(self, permission, access);
}

/** Whether somebody may change objects: federated ones, or those that one cluster has of its own. */
export function mayWriteObjects(self: Self, whose: "federation" | "cluster") {
  const reach = reachOf(self);
  const isWithin = whose === "cluster" ? reach !== "namespaces" : ["all", "labels"].includes(reach);
  return isWithin && holds(self, "fed", "write");
}

/** Whether somebody may ask a cluster itself: the primary lets whole clusters be asked, by the
 * roles of the federation. */
export function mayAskClusters(self: Self, access: Access) {
  return reachOf(self) !== "namespaces" && holds(self, "fed", access);
}

/** Whether somebody changes everything here: what no single permission covers. */
export function administers(self: Self): boolean {
  return ["admin", "fedAdmin"].includes(self.user.role) && reachOf(self) === "all";
}

/** Asks one of the above of the caller; nobody may anything while it is not known who calls. */
export function useAllowed(allowed: (self: Self) => boolean): boolean {
  const self = useSelf().data;
  return self !== undefined && allowed(self);
}

/** Tells what the caller may do. */
export function useMay() {
  const self = useSelf().data;
  return (permission: Permission, access: Access) =>
    self !== undefined && holds(self, permission, access);
}
