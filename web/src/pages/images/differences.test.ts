import { describe, expect, it } from "vitest";

import { lineChanges, packageChanges, vulnerabilityChanges } from "./differences";
import type { Report } from "./ImageDetail";

function report(change: object): Report {
  return { vulnerabilities: [], modules: [], ...change } as unknown as Report;
}

describe("packages of two images", () => {
  it("are told where they are gone, new, or in other versions", () => {
    const before = [
      { name: "bash", version: "5.1" },
      { name: "curl", version: "7" },
      { name: "openssl", version: "3.0" },
      { name: "lodash", version: "2" },
      { name: "lodash", version: "1" },
    ];
    const after = [
      { name: "bash", version: "5.1" },
      { name: "openssl", version: "3.1" },
      { name: "wget", version: "1" },
      { name: "lodash", version: "2" },
    ];
    expect(packageChanges(before, after)).toEqual([
      { name: "curl", before: "7", after: "" },
      { name: "lodash", before: "1, 2", after: "2" },
      { name: "openssl", before: "3.0", after: "3.1" },
      { name: "wget", before: "", after: "1" },
    ]);
    expect(packageChanges(before, before)).toEqual([]);
  });
});

describe("vulnerabilities of two images", () => {
  it("are gone, new, or in both though the version differs", () => {
    const finding = (name: string, package_name: string, package_version: string) => ({
      name,
      package_name,
      package_version,
    });
    const before = report({
      vulnerabilities: [finding("CVE-1", "openssl", "3.0"), finding("CVE-2", "curl", "7")],
      modules: [
        { name: "openssl", version: "3.0" },
        { name: "curl", version: "7" },
      ],
    });
    const after = report({
      vulnerabilities: [finding("CVE-1", "openssl", "3.1"), finding("CVE-3", "openssl", "3.1")],
      modules: [{ name: "openssl", version: "3.1" }],
    });
    const { gone, added, both } = vulnerabilityChanges(before, after);
    expect(gone.map(({ name, elsewhere }) => [name, elsewhere])).toEqual([["CVE-2", ""]]);
    expect(added.map(({ name, elsewhere }) => [name, elsewhere])).toEqual([["CVE-3", "3.0"]]);
    expect(both.map(({ name, elsewhere }) => [name, elsewhere])).toEqual([["CVE-1", "3.1"]]);
  });
});

describe("what else is told of two images", () => {
  it("is told by the lines that differ, part by part", () => {
    const before = report({
      envs: ["A=1", "B=2"],
      secrets: [{ type: "key", path: "/id_rsa" }],
      checks: [{ test_number: "I.4.1", description: "It runs as root" }],
    });
    const said = () => "以 root 运行";
    const after = report({ envs: ["A=1", "B=3"], setid_perms: [{ path: "/su", type: "setuid" }] });
    expect(lineChanges(before, after, said)).toEqual([
      { part: "secrets", gone: ["key: /id_rsa"], added: [] },
      { part: "setuid", gone: [], added: ["/su (setuid)"] },
      { part: "checks", gone: ["I.4.1 以 root 运行"], added: [] },
      { part: "environment", gone: ["B=2"], added: ["B=3"] },
    ]);
    expect(lineChanges(before, before, said)).toEqual([]);
  });
});
