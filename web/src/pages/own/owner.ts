// Whose objects the pages of policy make and change: the federation's, or the own ones of the
// cluster in scope.

import type { Target } from "../../api/client";
import { useScope } from "../../routing/search";
import { mayWriteObjects, useSelf } from "../../session/permissions";
import { textOf } from "../clusters/selector";

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

/** What the caller may do there. */
interface Rights {
  /** Whether they may change its objects. */
  writable: boolean;
  /** Which clusters a new federated object is for at first: those that the caller reaches. */
  selector: string;
}

/** {@link ownerOf} the scope, and what the caller may do there. */
export function useOwner(): Owner & Rights {
  const cluster = useScope();
  const self = useSelf().data;
  const whose = cluster ? "cluster" : "federation";
  return {
    ...ownerOf(cluster),
    writable: self !== undefined && mayWriteObjects(self, whose),
    selector: textOf(self?.user.access_scope?.cluster_selector),
  };
}
