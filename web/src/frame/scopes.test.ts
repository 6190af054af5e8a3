import { describe, expect, it } from "vitest";

import { labelChoices } from "./scopes";

const counts = { "region=eu": 1, "env=prod": 2, "env=test": 1, "region=us": 1 };

describe("clusters to look at", () => {
  it("are offered by the labels that there are", () => {
    expect(labelChoices(counts, "")).toEqual([
      { text: "env=prod", count: 2 },
      { text: "env=test", count: 1 },
      { text: "region=eu", count: 1 },
      { text: "region=us", count: 1 },
    ]);
  });

  it.each(["env=prod, region in (eu)", "env!=prod", "!region"])(
    "are those that %s selects, as the primary reads it",
    (typed) => expect(labelChoices(counts, typed)[0]).toEqual({ text: typed }),
  );

  it.each(["", "prod", "env=prod"])(
    "offer nothing twice, nor a name as a selector: %s",
    (typed) => {
      expect(labelChoices(counts, typed)).toHaveLength(4);
    },
  );
});
