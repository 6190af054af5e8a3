// What became of one image in another: what is gone, what is new.

import type { Report } from "./ImageDetail";
import { differ, type Module, type Vulnerability } from "./selection";

/** A package that only one image has, or both in different versions. */
export interface PackageChange {
  name: string;
  /** Versions; empty where the image lacks it. */
  before: string;
  after: string;
}

/** Versions of a package in an image; a library may be there several times. */
function versions(all: Module[]): Map<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { name = "", version = "" } of all) {
    const known = found.get(name);
    if (known) known.add(version);
    else found.set(name, new Set([version]));
  }
  return new Map([...found].map(([name, all]) => [name, [...all].sort().join(", ")]));
}

export function packageChanges(before: Module[], after: Module[]): PackageChange[] {
  const left = versions(before);
  const right = versions(after);
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names
    .map((name) => ({ name, before: left.get(name) ?? "", after: right.get(name) ?? "" }))
    .filter((one) => one.before !== one.after);
}

/** A vulnerability of one image, with what the other has of its package. */
export interface VulnerabilityChange extends Vulnerability {
  /** Versions of the package in the other image; empty where it lacks it. */
  elsewhere: string;
}

export interface VulnerabilityChanges {
  gone: VulnerabilityChange[];
  added: VulnerabilityChange[];
  both: VulnerabilityChange[];
}

export function vulnerabilityChanges(before: Report, after: Report): VulnerabilityChanges {
  // It is the same in another version of its package.
  const key = (one: Vulnerability) => `${one.name} ${one.package_name}`;
  const found = differ(before.vulnerabilities ?? [], after.vulnerabilities ?? [], key);
  const left = versions(before.modules ?? []);
  const right = versions(after.modules ?? []);
  const beside = (all: Vulnerability[], there: Map<string, string>) =>
    all.map((one) => ({ ...one, elsewhere: there.get(one.package_name ?? "") ?? "" }));
  return {
    gone: beside(found.onlyLeft, right),
    added: beside(found.onlyRight, left),
    both: beside(found.both, right),
  };
}

export type Part =
  | "secrets"
  | "setuid"
  | "checks"
  | "signatures"
  | "environment"
  | "labels"
  | "history";

export interface LineChanges {
  part: Part;
  gone: string[];
  added: string[];
}

type Check = NonNullable<Report["checks"]>[number];

/** What else is told of an image, a line each. */
function lines(report: Report, said: (check: Check) => string): Record<Part, string[]> {
  return {
    secrets: (report.secrets ?? []).map((one) => `${one.type}: ${one.path}`),
    setuid: (report.setid_perms ?? []).map((one) => `${one.path} (${one.type})`),
    checks: (report.checks ?? []).map((one) => `${one.test_number} ${said(one)}`),
    signatures: report.signature_data?.verifiers ?? [],
    environment: report.envs ?? [],
    labels: Object.entries(report.labels ?? {}).map(([name, value]) => `${name}=${value}`),
    history: report.cmds ?? [],
  };
}

/** The parts that differ, with the lines that do; what a check found is `said` for people. */
export function lineChanges(
  before: Report,
  after: Report,
  said: (check: Check) => string,
): LineChanges[] {
  const left = lines(before, said);
  const right = lines(after, said);
  return (Object.keys(left) as Part[]).flatMap((part) => {
    const { onlyLeft, onlyRight } = differ(left[part], right[part], (line) => line);
    const gone = [...new Set(onlyLeft)];
    const added = [...new Set(onlyRight)];
    return gone.length + added.length > 0 ? [{ part, gone, added }] : [];
  });
}
