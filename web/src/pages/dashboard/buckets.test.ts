import { describe, expect, it } from "vitest";

import { bucket } from "./buckets";

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
