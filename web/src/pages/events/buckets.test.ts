import { describe, expect, it } from "vitest";

import { bucket, PERIODS, type Period, periodOf, startOf } from "./buckets";

describe("moments by spans of time", () => {
  it("counts each moment of the period once, the newest span last", () => {
    const { starts, counts } = bucket([3_599, 3_600, 7_199, 7_200, 7_300], 7_300, 3_600, 3);
    expect(starts).toEqual([0, 3_600, 7_200]);
    expect(counts).toEqual([1, 2, 2]);
  });

  it("leaves out what lies before and after", () => {
    expect(bucket([-1, 10_800], 7_300, 3_600, 3).counts).toEqual([0, 0, 0]);
  });

  it("loses none, whatever the moment it is asked at", () => {
    for (let now = 0; now < 7_200; now += 97) {
      const moments = Array.from({ length: 50 }, (_, back) => now - back * 60);
      const sum = bucket(moments, now, 3_600, 24).counts.reduce((a, b) => a + b, 0);
      expect(sum).toBe(50);
    }
  });
});

describe("a period", () => {
  it.each(Object.keys(PERIODS) as Period[])("of %s days begins with its first span", (period) => {
    const [span, number] = PERIODS[period];
    const now = 1_700_000_000;
    expect(startOf(period, now)).toBe(bucket([], now, span, number).starts[0]);
  });

  it("is one that can be chosen", () => {
    expect(periodOf("7")).toBe("7");
    expect(periodOf("8")).toBeUndefined();
    expect(periodOf(undefined)).toBeUndefined();
  });
});
