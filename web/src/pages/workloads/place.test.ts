import { describe, expect, it } from "vitest";

import { keyOf, placeOf } from "./place";

describe("a workload in a link", () => {
  const cluster_id = "4f";
  it.each([
    ["2026-06-10T12:00:00Z", "4f/1781092800/a/b", { since: "1781092800", until: "1781092801" }],
    ["2026-06-10T12:00:00.7Z", "4f/1781092800/a/b", { since: "1781092800", until: "1781092801" }],
    ["", "4f//a/b", {}],
  ])("that began at %j is %s", (started_at, key, span) => {
    expect(keyOf({ cluster_id, id: "a/b", started_at })).toBe(key);
    expect(placeOf(key)).toEqual({ cluster: "4f", ...span });
  });
});
