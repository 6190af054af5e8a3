import type { Schema } from "../../api/client";
import { selectorOf, textOf } from "../clusters/selector";

export type AccessScope = Schema<"AccessScope">;

/** What is typed of the limit of a role. */
export interface ScopeDraft {
  /** As `clusters/selector.ts` reads it. */
  selector: string;
  /** Names, with commas between. */
  clusters: string;
  /** Patterns, with commas between. */
  namespaces: string;
}

/** Whether a role reaches further than one cluster, so that it can be limited to some. */
export function isLimitable(role: string): boolean {
  return !["admin", "reader", "ciops", ""].includes(role);
}

/** Whether there are no roles in single namespaces beside a role: it has a limit, or may do all
 * there already. */
export function standsAlone(role: string, scope: AccessScope | null | undefined): boolean {
  const isLimited = isLimitable(role) && briefly(scope, []) !== "";
  return isLimited || role === "admin" || role === "fedAdmin";
}

/** A limit as it is typed; members tell the names of ids. */
export function draftOf(
  scope: AccessScope | null | undefined,
  members: { id: string; name: string }[],
): ScopeDraft {
  const named = (id: string) => members.find((one) => one.id === id)?.name ?? id;
  return {
    selector: textOf(scope?.cluster_selector),
    clusters: (scope?.clusters ?? []).map(named).join(", "),
    namespaces: (scope?.domains ?? []).join(", "),
  };
}

/** What is sent of it; with nothing typed it takes a limit away. */
export function scopeOf({ selector, clusters, namespaces }: ScopeDraft): AccessScope {
  const listed = parts(clusters);
  const domains = parts(namespaces);
  return {
    ...(selector.trim() && { cluster_selector: selectorOf(selector) }),
    ...(listed.length > 0 && { clusters: listed }),
    ...(domains.length > 0 && { domains }),
  };
}

/** Whether a limit names clusters, by ids that members alone tell the names of. */
export function namesClusters(scope: AccessScope | null | undefined): boolean {
  return (scope?.clusters ?? []).length > 0;
}

/** The limit in a few words; empty where there is none. */
export function briefly(
  scope: AccessScope | null | undefined,
  members: { id: string; name: string }[],
): string {
  const { selector, clusters, namespaces } = draftOf(scope, members);
  return [selector, clusters, namespaces].filter(Boolean).join(" · ");
}

function parts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}
