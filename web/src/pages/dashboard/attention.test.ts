import { describe, expect, it } from "vitest";

import { concerns } from "./attention";

const NOW = Date.parse("2026-06-10T00:00:00Z");
const quiet = {
  clusters: 1,
  members: [{ id: "1", name: "eu", status: "synced", last_seen: "2026-06-10T00:00:00Z" }],
  scanners: [{ cvedb_create_time: "2026-06-09T00:00:00Z" }],
  registries: [{ name: "fed.shop", failed: 0, error_message: "" }],
};

function kinds(change: object) {
  return concerns({ ...quiet, ...change } as never, NOW).map((one) => one.kind);
}

describe("what needs attention", () => {
  it("is nothing where all is well, and where nothing is known yet", () => {
    expect(kinds({})).toEqual([]);
    expect(
      kinds({
        clusters: undefined,
        members: undefined,
        scanners: undefined,
        registries: undefined,
      }),
    ).toEqual([]);
  });

  it.each([
    [
      "a lost cluster",
      {
        members: [
          { id: "1", name: "eu", status: "disconnected", last_seen: "2026-06-09T00:00:00Z" },
        ],
      },
      ["disconnected"],
    ],
    [
      "a cluster that never came",
      { members: [{ id: "1", name: "eu", status: "joined" }] },
      ["neverConnected"],
    ],
    [
      "a cluster that may not join yet, and one that was copied",
      {
        members: [
          { id: "1", name: "eu", status: "pending" },
          { id: "2", name: "us", status: "synced", duplicate_at: "2026-06-09T00:00:00Z" },
        ],
      },
      ["pending", "duplicate"],
    ],
    [
      "a cluster of another version, and a change that halted",
      {
        members: [{ id: "1", name: "eu", status: "joint_upgrade_required" }],
        rollouts: [{ id: 3, revision: 12 }],
      },
      ["halted", "otherVersion"],
    ],
    ["an empty federation", { clusters: 0, members: [] }, ["noClusters"]],
    [
      "data of four days ago",
      { scanners: [{ cvedb_create_time: "2026-06-06T00:00:00Z" }] },
      ["oldData"],
    ],
    [
      "one fresh database among old ones",
      { scanners: [{ cvedb_create_time: "2020-01-01T00:00:00Z" }, ...quiet.scanners] },
      [],
    ],
    ["no database", { scanners: [{ cvedb_create_time: "" }] }, ["noData"]],
    [
      "images that failed",
      { registries: [{ name: "r", failed: 2, error_message: "" }] },
      ["scanFailed"],
    ],
    [
      "a registry that failed",
      { registries: [{ name: "r", failed: 2, error_message: "refused" }] },
      ["registryFailed"],
    ],
  ])("is %s", (_, change, expected) => {
    expect(kinds(change)).toEqual(expected);
  });
});
