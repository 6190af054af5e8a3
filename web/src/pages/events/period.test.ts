import { describe, expect, it } from "vitest";

import { boundsOf, periodOf, pickedOf, startOf } from "./period";

const NOW = 1_700_000_000;

describe("a period", () => {
  it.each([
    ["1", 3_600, 24],
    ["7", 21_600, 28],
    ["30", 86_400, 30],
  ] as const)(
    "of %s days begins with a whole span, and has now in its last",
    (days, span, number) => {
      const start = startOf(days, NOW);
      expect(start % span).toBe(0);
      expect(NOW - start).toBeGreaterThanOrEqual((number - 1) * span);
      expect(NOW - start).toBeLessThan(number * span);
    },
  );

  it("is one that can be chosen", () => {
    expect(periodOf("7")).toBe("7");
    expect(periodOf("8")).toBeUndefined();
    expect(periodOf(undefined)).toBeUndefined();
  });
});

describe("the time of a list", () => {
  it.each([
    [{}, {}],
    [{ days: "1" }, { since: String(startOf("1", NOW)) }],
    [{ days: "8" }, {}],
    [
      { since: "100", until: "200", days: "1" },
      { since: "100", until: "200" },
    ],
    [{ since: "200", until: "100" }, {}],
    [{ since: "yesterday", until: "100" }, {}],
  ])("of %j is %j", (url, bounds) => {
    expect(boundsOf(url, NOW)).toEqual(bounds);
  });

  it("is picked where it has an end and a beginning", () => {
    expect(pickedOf({ since: "100" })).toBeUndefined();
    expect(pickedOf({ since: "100", until: "200" })).toEqual({ since: "100", until: "200" });
  });
});
