import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { learnTime, timeNow } from "./now";

const HERE = Date.parse("2026-06-10T12:00:00Z");

describe("the time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: HERE });
  });
  afterEach(() => {
    learnTime(new Date().toUTCString());
    vi.useRealTimers();
  });

  it.each([
    ["Wed, 10 Jun 2026 12:00:03 GMT", HERE],
    ["Sat, 13 Jun 2026 12:00:00 GMT", HERE + 3 * 86_400_000],
    ["Tue, 10 Jun 2025 12:00:00 GMT", HERE - 365 * 86_400_000],
    ["someday", HERE],
    [null, HERE],
  ])("is the primary's where that says %s", (date, now) => {
    learnTime(date);
    expect(timeNow()).toBe(now);
  });

  it("does not jump with each answer, and follows a clock that was set right", () => {
    learnTime("Sat, 13 Jun 2026 12:00:00 GMT");
    learnTime("Sat, 13 Jun 2026 12:00:02 GMT");
    expect(timeNow()).toBe(HERE + 3 * 86_400_000);
    learnTime("Wed, 10 Jun 2026 12:00:00 GMT");
    expect(timeNow()).toBe(HERE);
  });
});
