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
])("“%s” is “%s”, and said in Chinese", (detail, told) => {
  expect(toldOf(detail, detailText.en, causeText.en)).toBe(told);
  expect(toldOf(detail, detailText.zh, causeText.zh)).toMatch(/^\p{Script=Han}/u);
});

it("what nobody foresaw is said as it came, a whole sentence in its own words", () => {
  expect(toldOf("the moon is full", detailText.zh, causeText.zh)).toBe("the moon is full");
  expect(toldOf("no answer in time", detailText.zh, causeText.zh)).toBe("未在规定时间内应答");
});
