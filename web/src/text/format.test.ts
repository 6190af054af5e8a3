import { describe, expect, it } from "vitest";

import { address, format } from "./format";

const NOW = Date.parse("2026-06-10T12:00:00Z");
const SECOND = 1_000;
const DAY = 86_400 * SECOND;

describe("how long ago", () => {
  it.each([
    [0, "now"],
    [4 * SECOND, "now"],
    [30 * SECOND, "30 seconds ago"],
    [90 * SECOND, "1 minute ago"],
    [DAY - SECOND, "23 hours ago"],
    [DAY, "yesterday"],
    [59 * DAY, "59 days ago"],
    [61 * DAY, "2 months ago"],
    [1_025 * DAY, "2 years ago"],
    [-5 * DAY, "now"],
  ])("%i ms before is %s", (before, text) => {
    expect(format("en").ago(NOW - before, NOW)).toBe(text);
  });

  it("leaves what is no time as it is", () => {
    expect(format("zh").ago("someday", NOW)).toBe("someday");
  });
});

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1,023 B"],
    [1_536, "1.5 KiB"],
    [5 * 1_024 ** 4 * 1_024, "5,120 TiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(format("en").bytes(bytes)).toBe(text);
  });
});

describe("addresses", () => {
  it.each([
    ["hub.example", "hub.example:11443"],
    ["10.0.0.7", "10.0.0.7:11443"],
    ["fd00::7", "[fd00::7]:11443"],
    ["", ""],
  ])("the port of %s stands apart", (server, text) => {
    expect(address({ server, port: 11_443 })).toBe(text);
  });
});
