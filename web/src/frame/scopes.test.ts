import { describe, expect, it } from "vitest";

import type { Cluster } from "../pages/clusters/members";
import { labelChoices } from "./scopes";

const member = (labels: Record<string, string>) => ({ labels }) as Cluster;
const members = [
  member({ env: "prod", region: "eu" }),
  member({ env: "prod", region: "us" }),
  member({ env: "test" }),
];

describe("clusters to look at", () => {
  it("are offered by the labels that there are", () => {
    expect(labelChoices(members, "")).toEqual([
      { text: "env=prod", count: 2 },
      { text: "env=test", count: 1 },
      { text: "region=eu", count: 1 },
      { text: "region=us", count: 1 },
    ]);
  });

  it.each([
    ["env=prod, region in (eu)", 1],
    ["env!=prod", 1],
    ["!region", 1],
  ])("are those that %s selects", (typed, count) => {
    expect(labelChoices(members, typed)[0]).toEqual({ text: typed, count });
  });

  it.each(["", "prod", "env=prod"])(
    "offer nothing twice, nor a name as a selector: %s",
    (typed) => {
      expect(labelChoices(members, typed)).toHaveLength(4);
    },
  );
});
