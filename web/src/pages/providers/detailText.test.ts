import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { causeText, detailText, toldOf } from "./detailText";

const CHAIN = "Request failed: error sending request: client error (Connect): ";

it.each([
  ["I/O error: Connection refused (os error 111)", "nothing listens at its address"],
  [
    `${CHAIN}tcp connect error: Connection refused (os error 111)`,
    "nothing listens at its address",
  ],
  [
    "I/O error: failed to lookup address information: Name or service not known",
    "its name cannot be resolved",
  ],
  [
    `${CHAIN}invalid peer certificate: UnknownIssuer`,
    "nobody whom we trust signed its certificate; give its authority",
  ],
  [
    `${CHAIN}invalid peer certificate: certificate expired: verification time 1`,
    "its certificate has expired",
  ],
  [
    `${CHAIN}invalid peer certificate: certificate not valid for name "idp"; only for "other"`,
    "its certificate is made for another name",
  ],
  [`${CHAIN}operation timed out`, "it did not answer in time"],
  ["the provider answers 404 Not Found", "the provider answers 404 Not Found"],
  ["the answer is malformed: EOF", "the answer is malformed: EOF"],
  ...[
    "the directory gives 500 of what matches and no more: let it give bind_dn more, or narrow what is looked for by a filter",
    "the directory refers to ldap://other/dc=shop, and referrals are not followed: configure that directory, or one that holds everything",
    "they are more than 1000: narrow them by group_filter",
    "2 entries match, and one must",
  ].map((said): [string, string] => [said, said]),
])("“%s” is “%s”, and said in Chinese", (detail, told) => {
  expect(toldOf(detail, detailText.en, causeText.en)).toBe(told);
  expect(toldOf(detail, detailText.zh, causeText.zh)).toMatch(/^\p{Script=Han}/u);
});

it.each([
  ["connection.rs", "the directory gives {} of what matches and no more: "],
  ["connection.rs", "the directory refers to {other}, and referrals are not followed: "],
  ["lookup.rs", "they are more than {MOST_GROUPS}: narrow them by group_filter"],
  ["mod.rs", " failed: {0} entries match, and one must"],
])("%s still says “%s”", (name, words) => {
  const source = new URL(`../../../../primary/src/identity/ldap/${name}`, import.meta.url);
  expect(readFileSync(source, "utf8")).toContain(words);
});

it("what nobody foresaw is said as it came, a whole sentence in its own words", () => {
  expect(toldOf("the moon is full", detailText.zh, causeText.zh)).toBe("the moon is full");
  expect(toldOf("no answer in time", detailText.zh, causeText.zh)).toBe("未在规定时间内应答");
});
