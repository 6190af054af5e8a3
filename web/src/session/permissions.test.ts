import { describe, expect, it } from "vitest";

import type { Schema } from "../api/client";
import {
  administers,
  holds,
  holdsForAll,
  holdsSomewhere,
  mayAskClusters,
  mayWriteObjects,
  reachOf,
} from "./permissions";

type Self = Schema<"SelfUserData">;

/** Somebody with all rights of the federation, as far as the scope reaches. */
function self(role: string, scope?: Schema<"AccessScope">, write = true): Self {
  return {
    user: { role, access_scope: scope ?? null },
    global_permissions: [{ id: "fed", read: true, write }],
  } as unknown as Self;
}

const labelled = { cluster_selector: { matchLabels: { env: "test" } } };

describe("who may do what, as the primary lets them", () => {
  it.each([
    ["a fedAdmin", self("fedAdmin"), "all", [true, true, true, true]],
    [
      "of the clusters with a label",
      self("fedAdmin", labelled),
      "labels",
      [false, true, true, true],
    ],
    [
      "of listed clusters",
      self("fedAdmin", { clusters: ["4f"] }),
      "listed",
      [false, false, true, true],
    ],
    [
      "of namespaces",
      self("fedAdmin", { ...labelled, domains: ["shop-*"] }),
      "namespaces",
      [false, false, false, false],
    ],
    ["a fedReader", self("fedReader", undefined, false), "all", [false, false, false, false]],
  ] as const)("%s", (_, of, reach, [forAll, federated, own, asks]) => {
    expect(reachOf(of)).toBe(reach);
    expect(holdsForAll(of, "fed", "write"), "what is the same for all").toBe(forAll);
    expect(mayWriteObjects(of, "federation"), "federated objects").toBe(federated);
    expect(mayWriteObjects(of, "cluster"), "objects of a cluster").toBe(own);
    expect(mayAskClusters(of, "write"), "clusters themselves").toBe(asks);
  });

  it.each([
    ["admin", undefined, true],
    ["fedAdmin", undefined, true],
    ["fedAdmin", labelled, false],
    ["somebody-with-config", undefined, false],
  ])("%s within %j changes everything: %s", (role, scope, all) => {
    expect(administers(self(role, scope))).toBe(all);
  });
});

it("tells what is held in single namespaces from what is held everywhere", () => {
  const events = { id: "events", read: true, write: false };
  const config = { id: "config", read: true, write: true };
  const of = {
    global_permissions: [config],
    domain_permissions: { shop: [events] },
  } as unknown as Self;
  expect(holdsSomewhere(of, "events", "read")).toBe(true);
  expect(holdsSomewhere(of, "config", "write")).toBe(true);
  expect(holdsSomewhere(of, "events", "write")).toBe(false);
  expect(holds(of, "events", "read")).toBe(false);
});
