import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { toldIn } from "./told";
import { sentenceText } from "./words";

const { en, zh } = sentenceText;

it.each([
  ["Federated objects were applied, up to revision 28."],
  ["This cluster joined."],
  ["This cluster joined again, and has its former entry in the federation."],
  ["The cluster staging joined."],
  ["The cluster staging joined. It waits for being approved."],
  ["The cluster staging joined again and has its former entry; its old certificates are revoked."],
  [
    "The cluster staging joined again and has its former entry; its old certificates are revoked. It waits for being approved.",
  ],
  ["The cluster staging left the federation."],
  ["The cluster staging left the federation while it could not say so."],
  ["The cluster staging was removed from the federation."],
  ["This cluster became a primary."],
  ["This cluster became a primary, because a first cluster joined."],
  ["The federation was dissolved."],
  ["The authority is being replaced: members get new certificates."],
  ["The authority was replaced: nobody depends on the old one any more."],
  ["mary did not log in from 127.0.0.1: wrong user name or password."],
  ["mary did not log in from 127.0.0.1: the user is blocked after too many failed logins."],
  ["mary did not log in from 127.0.0.1: the password is expired; an administrator can reset it."],
  ['mary: PATCH /v1/group/fed.a is not for the role "reader".'],
  [
    "The vulnerability database 2.1 is older than 7 days: its newest record is of 2024-02-04T20:15:46Z. Does the job that renews it run?",
  ],
  ["Scans use the vulnerability database 2.1 of 2024-02-04T20:15:46Z."],
])("“%s” is said in either language", (said) => {
  expect(toldIn(zh, said)).toMatch(/\p{Script=Han}/u);
  const words = toldIn(en, said);
  for (const part of said.match(/\d[\d.:TZ-]*\d|staging|\bmary\b|\/v1\S*/g) ?? []) {
    expect(words).toContain(part);
    expect(toldIn(zh, said)).toContain(part);
  }
});

it("is said as it came where nobody foresaw it", () => {
  expect(toldIn(zh, "The moon is full.")).toBe("The moon is full.");
});

it("cannot be turned around by whose name is in it", () => {
  const name = "\u202eyram";
  const said = `${name} did not log in from 127.0.0.1: wrong user name or password.`;
  expect(toldIn(en, said)).toBe(
    "\u2068yram\u2069 did not sign in from 127.0.0.1: wrong user name or password.",
  );
  expect(toldIn(en, `Something about ${name} happened.`)).not.toContain("\u202e");
});

it.each([
  "This cluster joined again, and has its former entry",
  "The authority is being replaced: ",
  "The authority was replaced: ",
  "The vulnerability database 2 is older than 7 days: its newest record is of 1. ",
])("is not another sentence, though somebody logs in as “%s”", (name) => {
  for (const why of ["wrong user name or password", "nobody vouches for this login"]) {
    expect(toldIn(en, `${name} did not log in from 127.0.0.1: ${why}.`)).toContain("127.0.0.1");
  }
});

it.each([
  ["remote-agent/controller/src/federation/synced.rs", "applied, up to revision {revision}."],
  ["remote-agent/src/run.rs", "This cluster joined."],
  ["remote-agent/src/run.rs", "joined again, and has its former entry in the federation."],
  ["primary/src/federation/joining.rs", "The cluster {name} joined.{waits}"],
  ["primary/src/federation/joining.rs", '" It waits for being approved."'],
  ["primary/src/federation/joining.rs", "The cluster {name} joined again and has its former entry"],
  ["primary/src/federation/joining.rs", "revoked.{waits}"],
  ["primary/src/federation/membership.rs", '"left the federation."'],
  ["primary/src/federation/membership.rs", '"left the federation while it could not say so."'],
  ["primary/src/federation/membership.rs", '"was removed from the federation."'],
  ["primary/src/federation/membership.rs", "The cluster {} {message}"],
  ["primary/src/federation/promotion.rs", "This cluster became a primary."],
  ["primary/src/federation/promotion.rs", "a primary, because a first cluster joined."],
  ["primary/src/federation/promotion.rs", "The federation was dissolved."],
  ["primary/src/federation/rotation.rs", "is being replaced: members get new certificates."],
  ["primary/src/federation/rotation.rs", "was replaced: nobody depends on the old one any more."],
  ["primary/src/http/auth/failure.rs", "{name} did not log in from {address}: {error}."],
  ["primary/src/identity/login.rs", '"wrong user name or password"'],
  ["primary/src/identity/login.rs", '"the user is blocked after too many failed logins"'],
  ["primary/src/identity/login.rs", '"the password is expired; an administrator can reset it"'],
  ["primary/src/http/authorize.rs", "{call} is not for the role {:?}."],
  ["primary/src/http/authorize.rs", "The role {role:?} may not do this."],
  ["primary/src/http/authorize.rs", "The role {role:?} may not do this within an access scope."],
  ["primary/src/http/trail.rs", "{} was refused to the role {:?}."],
  ["primary/src/registry/vulndb.rs", "The vulnerability database {version} is older than {} days"],
  ["remote-agent/src/vulndb/mod.rs", "Scans use the vulnerability database {} of {}."],
])("%s still says “%s”", (path, words) => {
  const source = new URL(`../../../../${path}`, import.meta.url);
  expect(readFileSync(source, "utf8")).toContain(words);
});
