import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { registriesText } from "../pages/registries/text";
import { codeText } from "./codes";
import { reasonText } from "./reasons";

/** What stands in a source of the server. */
function found(path: string, pattern: RegExp): string[] {
  const source = readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  return [...source.matchAll(pattern)].map(([, one = ""]) => one);
}

it("every code of the REST API has a meaning in the languages that the server does not speak", () => {
  const codes = found("api/src/error_code.rs", /^\s+\w+ = (\d+), [A-Z_]+, "/gm).map(Number);
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !codeText.zh[code])).toEqual([]);
});

describe.each(["en", "zh"] as const)("in %s", (language) => {
  it("every reason of an error has a meaning", () => {
    const named = /^\s+Self::\w+ => "([a-z_]+)",$/gm;
    const reasons = [
      ...found("primary/src/http/error.rs", named),
      ...found("primary/src/identity/ldap/mod.rs", named),
    ];
    expect(reasons).toContain("not_primary");
    expect(reasons).toContain("find_groups");
    expect(reasons.filter((reason) => !reasonText[language][reason])).toEqual([]);
  });

  it("every step of the test of a registry has a name, and every failure a reason", () => {
    const { testSteps, testErrors } = registriesText[language];
    const steps = [
      ...found("remote-agent/scanner/src/source/registry/probe.rs", /=> "([a-z_]+)",$/gm),
      ...found("primary/src/registry/probe.rs", /(?:failed|message)\("([a-z_]+)"/g),
    ];
    expect(steps).toContain("list_tags");
    expect(steps).toContain("timeout");
    expect(steps.filter((step) => !(step in testSteps))).toEqual([]);
    const document = found("openapi/palisade.json", /Why the step failed: ([^.]*)\./g).join(" ");
    const numbers = [...document.matchAll(/\d+/g)].map(Number);
    expect(numbers.length).toBeGreaterThan(5);
    expect(numbers.filter((number) => !testErrors[number])).toEqual([]);
  });
});
