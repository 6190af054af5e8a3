import { describe, expect, it } from "vitest";

import { kindText } from "./kinds";
import { placeOf, told } from "./place";

it.each(Object.keys(kindText.en))("a changed %s is shown somewhere", (kind) => {
  expect(placeOf(kind, "fed.beans")?.to).toMatch(/^\/\w/);
});

describe("a part of an object", () => {
  it.each([
    [undefined, "–"],
    ["", "–"],
    [[], "–"],
    [false, "false"],
    [0, "0"],
    ["deny", "deny"],
    [["containers", "init"], "containers, init"],
    [[{ name: "namespace", op: "containsAny", value: "night" }], "namespace containsAny night"],
    [[{ key: "service", op: "=", value: "orders" }], "service = orders"],
    [
      {
        name: "cves",
        op: ">=",
        value: "3",
        sub_criteria: [{ name: "days", op: ">=", value: "9" }],
      },
      "cves >= 3, days >= 9",
    ],
    [{ matchLabels: { env: "prod" } }, '{"matchLabels":{"env":"prod"}}'],
  ])("%j reads %s", (value, text) => {
    expect(told(value)).toBe(text);
  });
});
