import { useGet } from "../api/query";

/** What a caller may be allowed to do; ids as the REST API names them. */
export type Permission =
  | "fed"
  | "config"
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

/** Tells what the caller may do; nothing while it is not known. */
export function useMay() {
  const permissions = useSelf().data?.global_permissions ?? [];
  return (permission: Permission, access: "read" | "write") =>
    permissions.some((held) => held.id === permission && held[access]);
}
