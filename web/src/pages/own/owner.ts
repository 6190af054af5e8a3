// Whose objects the pages of policy make and change: the federation's, or the own ones of the
// cluster in scope.

import type { Target } from "../../api/client";
import { useScope } from "../../routing/search";
import { useMay } from "../../session/permissions";

export interface Owner {
  /** The cluster whose own they are; undefined: they are the federation's. */
  cluster: string | undefined;
  /** How an object says whose it is. */
  cfgType: "federal" | "user_created";
  /** Where they are asked for and changed. */
  target: Pick<Target, "cluster"> & { query: { scope: "fed" | "local" } };
  /** What a new name begins with, and what names must match. */
  prefix: string;
  pattern: string;
}

const FEDERATED = "fed.";

/** The owner where this cluster is the scope; without one, the federation. */
export function ownerOf(cluster: string | undefined): Owner {
  return cluster
    ? {
        cluster,
        cfgType: "user_created",
        target: { cluster, query: { scope: "local" } },
        prefix: "",
        pattern: "(?!fed\\.).+",
      }
    : {
        cluster,
        cfgType: "federal",
        target: { query: { scope: "fed" } },
        prefix: FEDERATED,
        pattern: "fed\\..+",
      };
}

/** Whose an object is that says so. */
interface Owned {
  cfg_type?: string;
}

/** Whether an object belongs to the owner and is changed by it: one of custom resources is changed
 * where these are. */
export function owns({ cluster }: Owner, { cfg_type: type }: Owned): boolean {
  return !cluster || (type !== "federal" && type !== "ground");
}

/** Whose an object is that has nothing but the name of a group to say so. */
export function ownerByName(name: string | undefined): Required<Owned> {
  return { cfg_type: name?.startsWith(FEDERATED) ? "federal" : "user_created" };
}

/** {@link ownerOf} the scope, and whether the caller may change its objects. Who may not change
 * those of the federation may change nothing in its members. */
export function useOwner(): Owner & { writable: boolean } {
  const cluster = useScope();
  return { ...ownerOf(cluster), writable: useMay()("fed", "write") };
}
