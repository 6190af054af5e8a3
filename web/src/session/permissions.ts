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

/** The caller. */
export function useSelf() {
  return useGet("/v1/selfuser", { every: 60_000 });
}

type Access = "read" | "write";

/** Whether somebody holds a permission everywhere. */
export function holds(self: Schema<"SelfUserData">, permission: Permission, access: Access) {
  return self.global_permissions.some((held) => held.id === permission && held[access]);
}

/** Tells what the caller may do; nothing while it is not known. */
export function useMay() {
  const self = useSelf().data;
  return (permission: Permission, access: Access) =>
    self !== undefined && holds(self, permission, access);
}
