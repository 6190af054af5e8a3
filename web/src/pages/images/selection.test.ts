import { describe, expect, it } from "vitest";

import { differ, reasonOf, selectVulnerabilities, type Vulnerability } from "./selection";

const found: Vulnerability[] = [
  {
    name: "CVE-2024-2",
    severity: "High",
    score_v3: 7.5,
    package_name: "zlib",
    fixed_version: "1.3",
  },
  { name: "CVE-2024-10", severity: "Critical", score_v3: 9.8, package_name: "openssl" },
  { name: "CVE-2023-1", severity: "High", score_v3: 8.1, package_name: "curl", fixed_version: "8" },
  { name: "CVE-2022-1", severity: "Low", score: 2, package_name: "bash" },
];

describe("vulnerabilities of an image", () => {
  it.each([
    [{}, ["CVE-2024-10", "CVE-2023-1", "CVE-2024-2", "CVE-2022-1"]],
    [{ severity: "High" }, ["CVE-2023-1", "CVE-2024-2"]],
    [{ fix: "with" }, ["CVE-2023-1", "CVE-2024-2"]],
    [{ fix: "without" }, ["CVE-2024-10", "CVE-2022-1"]],
    [{ q: "OPENSSL" }, ["CVE-2024-10"]],
    [{ q: "2024" }, ["CVE-2024-10", "CVE-2024-2"]],
    [{ sort: "name" }, ["CVE-2022-1", "CVE-2023-1", "CVE-2024-2", "CVE-2024-10"]],
    [{ sort: "score" }, ["CVE-2022-1", "CVE-2024-2", "CVE-2023-1", "CVE-2024-10"]],
    [{ sort: "-package" }, ["CVE-2024-2", "CVE-2024-10", "CVE-2023-1", "CVE-2022-1"]],
  ])("%j shows %j", (search, names) => {
    expect(selectVulnerabilities([...found], search).map((one) => one.name)).toEqual(names);
  });
});

describe("an image", () => {
  it.each([
    ["failed", "timeout", "timeout"],
    ["scheduled", "registry API error", "registry API error"],
    // Of an older scan, beside which it waits for a new one.
    ["scheduled", "succeeded", ""],
    ["finished", "succeeded", ""],
    [undefined, undefined, ""],
  ])("that is %s with the result %s has the reason “%s”", (status, result, reason) => {
    expect(reasonOf({ ...(status && { status }), ...(result && { result }) })).toBe(reason);
  });
});

describe("two images", () => {
  it("share what both have, and nothing is lost", () => {
    const { onlyLeft, onlyRight, both } = differ(["a", "b", "b"], ["b", "c"], (item) => item);
    expect([onlyLeft, onlyRight, both]).toEqual([["a"], ["c"], ["b", "b"]]);
  });

  it("with themselves have everything in common", () => {
    const { onlyLeft, onlyRight, both } = differ(found, found, (one) => one.name ?? "");
    expect([onlyLeft.length, onlyRight.length, both.length]).toEqual([0, 0, found.length]);
  });
});
