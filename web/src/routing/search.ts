// What the pages keep in the URL: one flat set of texts, so that a link shows
// the same view to somebody else.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

const KEYS = [
  "scope",
  "ns",
  "to",
  "q",
  "sort",
  "tab",
  "open",
  "status",
  "type",
  "cluster",
  "name",
  "level",
  "category",
  "severity",
  "fix",
  "group",
  "left",
  "right",
  "user",
  "code",
  "state",
  "iss",
  "refused",
  "error",
  "days",
  "since",
  "until",
  "image",
  "package",
  "running",
] as const;

export type SearchKey = (typeof KEYS)[number];
export type Search = Partial<Record<SearchKey, string>>;

/** Takes what the portal knows from the values of a URL. */
export function readSearch(values: Record<string, unknown>): Search {
  const search: Search = {};
  for (const key of KEYS) {
    const value = values[key];
    if (typeof value === "string" && value) search[key] = value;
  }
  return search;
}

export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(values: Record<string, unknown>): string {
  const text = new URLSearchParams(readSearch(values) as Record<string, string>).toString();
  return text && `?${text}`;
}

/** The URL's state and how to change it; what becomes empty leaves the URL. */
export function useUrl(): [Search, (change: Search, options?: { push?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback(
    (next: Search, options: { push?: boolean } = {}) => {
      void navigate({
        to: ".",
        search: (before: Search) => ({
          // Said even where they are empty: else they would stay.
          scope: undefined,
          ns: undefined,
          ...readSearch({ ...before, ...next }),
        }),
        replace: !options.push,
        resetScroll: false,
      } as never);
    },
    [navigate],
  );
  return [search, change];
}

/** Keeps links in the scope, unless they name another. */
export function keepScope({ search, next }: { search: Search; next: (search: Search) => Search }) {
  return { scope: search.scope, ns: search.ns, ...next(search) };
}

/** The id of the member in scope; undefined where all are. */
export function clusterInScope(search: Search): string | undefined {
  return search.scope?.startsWith("c:") ? search.scope.slice(2) : undefined;
}

/** The selector of the clusters in scope, as it is typed; undefined where none selects. */
export function selectorInScope(search: Search): string | undefined {
  return (search.scope?.startsWith("l:") && search.scope.slice(2)) || undefined;
}

/** The namespaces in scope as questions name them, with commas between; undefined where all are. */
export function namespacesInScope(search: Search): string | undefined {
  const names = (search.ns ?? "").split(",").map((name) => name.trim());
  return names.filter(Boolean).join(",") || undefined;
}

/** The cluster that the portal looks at; undefined: the whole federation, or a part of it. */
export function useScope(): string | undefined {
  return clusterInScope(useSearch({ strict: false }) as Search);
}

/** The clusters that the portal looks at, as questions about the fleet name them. */
export interface Fleet {
  cluster?: string | undefined;
  cluster_selector?: string | undefined;
}

/** The clusters in scope, for questions about the fleet. */
export function useFleet(): Fleet {
  const search = useSearch({ strict: false }) as Search;
  return { cluster: clusterInScope(search), cluster_selector: selectorInScope(search) };
}

/** The clusters and namespaces, as questions about what runs in them name these. */
export interface Within extends Fleet {
  namespace?: string | undefined;
}

/** The clusters and namespaces in scope. */
export function useWithin(): Within {
  return { ...useFleet(), namespace: namespacesInScope(useSearch({ strict: false }) as Search) };
}

/** What every list of what runs in the fleet is asked: where, and in which order. */
export function fleetQuery(
  search: Search,
): Record<"cluster" | "cluster_selector" | "namespace" | "sort" | "order", string | undefined> {
  return {
    namespace: namespacesInScope(search),
    cluster_selector: selectorInScope(search),
    cluster: clusterInScope(search) ?? search.cluster,
    sort: search.sort?.replace(/^-/, ""),
    order: search.sort && (search.sort.startsWith("-") ? "desc" : "asc"),
  };
}

/** `f_` and `s_` of a list: text within a field, facets, and the order. */
export function listQuery(
  search: Search,
  textField: string,
  facets: Partial<Record<SearchKey, string>>,
) {
  const query: Record<string, string> = {};
  // A comma ends what the server reads, and a bar stands for “or”.
  const text = search.q?.replace(/[,|].*$/, "");
  if (text) query[`f_${textField}`] = `in,${text}`;
  for (const [key, field] of Object.entries(facets)) {
    const value = search[key as SearchKey];
    if (value) query[`f_${field}`] = value;
  }
  if (search.sort) {
    const descending = search.sort.startsWith("-");
    query[`s_${descending ? search.sort.slice(1) : search.sort}`] = descending ? "desc" : "asc";
  }
  return query;
}

/** {@link listQuery} for objects that the federation has, and a cluster its own of: all that
 * one cluster has, or what is federated for those in scope. */
export function objectQuery(...of: Parameters<typeof listQuery>) {
  const query: Record<string, string | undefined> = listQuery(...of);
  if (clusterInScope(of[0])) return query;
  return { ...query, scope: "fed", cluster_selector: selectorInScope(of[0]) };
}
