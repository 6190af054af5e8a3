import { describe, expect, it } from "vitest";

import { dayOf, endOf } from "./day";

describe("the day on which an acceptance ends", () => {
  it("is the last one on which it holds", () => {
    const end = endOf("2026-12-31");
    expect(dayOf(end)).toBe("2026-12-31");
    expect(dayOf(end + 1)).toBe("2027-01-01");
  });

  it("is none where nothing ends", () => {
    expect(endOf("")).toBe(0);
    expect(dayOf(0)).toBe("");
    expect(dayOf(undefined)).toBe("");
  });

  it("may be in a month that is short", () => {
    expect(dayOf(endOf("2028-02-29"))).toBe("2028-02-29");
  });
});
