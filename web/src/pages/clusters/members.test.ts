import { describe, expect, it } from "vitest";

import { behind, type Cluster, headOf } from "./members";
import { select } from "./selection";

function cluster(name: string, revision: number, status = "synced"): Cluster {
  return { id: name, name, revision, status } as Cluster;
}

const fleet = [cluster("store-10", 7), cluster("store-9", 5, "disconnected"), cluster("Edge", 7)];

describe("the fleet", () => {
  it("measures lag against the member that is furthest", () => {
    expect(fleet.map((one) => behind(one, headOf(fleet)))).toEqual([0, 2, 0]);
    expect(headOf([])).toBe(0);
  });

  it.each([
    [{}, ["store-10", "store-9", "Edge"]],
    [{ q: "STORE" }, ["store-10", "store-9"]],
    [{ status: "disconnected" }, ["store-9"]],
    [{ sort: "name" }, ["Edge", "store-9", "store-10"]],
    [{ sort: "-revision", q: "store" }, ["store-10", "store-9"]],
    [{ q: "nowhere" }, []],
  ])("%j shows %j", (search, names) => {
    expect(select(fleet, search).map((one) => one.name)).toEqual(names);
  });
});
