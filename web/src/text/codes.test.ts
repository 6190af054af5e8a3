import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { detailText } from "../pages/providers/detailText";
import { noteText } from "../pages/providers/noteText";
import { registriesText } from "../pages/registries/text";
import { rolloutsText } from "../pages/rollouts/text";
import { builtInText } from "./builtIn";
import { codeText } from "./codes";
import { outcomeText } from "./outcomes";
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

it("every reason for which a scan or a registry fails is said in them", () => {
  const reasons = [
    ...found("remote-agent/scanner/src/error.rs", /^\s+Self::\w+ => "([^"]+)",$/gm),
    ...found("primary/src/registry/list.rs", /^\s+(?:\S.* => )?"([A-Z][a-z]+ [^"]+)",?$/gm),
  ];
  expect(reasons).toContain("certificate error");
  expect(reasons).toContain("Failed to connect to the registry");
  expect(reasons.filter((reason) => !outcomeText.zh[reason])).toEqual([]);
});

it("what is built in says of itself what is said in them", () => {
  const comments = [
    ...found("api/policy/src/sensor/predefined.rs", /"fed\.sensor\.\w+",\s+"([^"]+)"/g),
    ...found("api/policy/src/admission/rule.rs", /^\s+comment: "([A-Z][^"]+)"/gm),
  ];
  expect(comments.sort()).toEqual(Object.keys(builtInText.zh).sort());
});

it("what goes wrong in the test of a provider is said in them", () => {
  const sources = [
    ...["assertion", "attribute", "decrypt", "key_pair", "response", "signature", "trial"],
    ...["trusted", "xml"],
  ].map((name) => `primary/src/identity/saml/${name}.rs`);
  sources.push("primary/src/identity/ldap/connection.rs", "primary/src/identity/ldap/lookup.rs");
  sources.push("primary/src/identity/oidc/trial.rs");
  const said =
    /(?:at\(\s*(?:Step::\w+|step),\s*|(?:failed|shape|time)\((?:Step::\w+, )?&?)"([^"]+ [^"]+)"/g;
  const meant = /^\s+(?:result::.* => )?"((?:base_dn|the directory)[^"{\n]+)",?$/gm;
  const details = sources.flatMap((source) => [...found(source, said), ...found(source, meant)]);
  expect(details).toContain("the provider publishes none");
  expect(details).toContain("no answer in time");
  expect(details).toContain("the directory has no time now");
  expect(details.length).toBeGreaterThan(40);
  expect(details.filter((detail) => !detailText.zh[detail])).toEqual([]);
});

describe.each(["en", "zh"] as const)("in %s", (language) => {
  it("every reason of an error has a meaning", () => {
    const named = /^\s+Self::\w+ => "([a-z_]+)",$/gm;
    const reasons = [
      ...found("primary/src/http/error.rs", named),
      ...found("primary/src/identity/ldap/mod.rs", named),
      ...found("primary/src/identity/ldap/refusal.rs", named),
      ...found("primary/src/identity/saml/mod.rs", named),
      ...found("primary/src/identity/oidc/trial.rs", /^\s+Self::\w+ => "(oidc_[a-z_]+)",$/gm),
      ...found("api/identity/src/password_profile.rs", named),
    ];
    expect(reasons).toContain("not_primary");
    expect(reasons).toContain("find_groups");
    expect(reasons).toContain("account_locked");
    expect(reasons).toContain("saml_signature");
    expect(reasons).toContain("oidc_signature_algorithm");
    expect(reasons).toContain("password_used_before");
    expect(reasons).toContain("profile_counts");
    expect(reasons.filter((reason) => !reasonText[language][reason])).toEqual([]);
  });

  it("every note on a provider has a text", () => {
    const notes = found(
      "primary/src/identity/oidc/trial.rs",
      /^\s+Self::\w+ => "(groups_\w+|may_\w+)",$/gm,
    );
    expect(notes).toEqual(["groups_left_out", "may_encrypt"]);
    expect(notes.filter((note) => !noteText[language][note])).toEqual([]);
  });

  it("every reason why a rollout halts has a sentence", () => {
    const { halts } = rolloutsText[language];
    const codes = found(
      "primary/src/store/rollout/halt.rs",
      /^\s+Self::\w+(?: \{ \.\. \})? => "([a-z_]+)",$/gm,
    );
    expect(codes).toEqual(["errors", "no_members", "denials"]);
    expect(codes.filter((code) => !halts[code]?.("1", "2"))).toEqual([]);
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
