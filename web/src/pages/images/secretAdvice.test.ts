import { expect, it } from "vitest";

import { aboutOf } from "./secretAdvice";

it.each([
  ["Private.Key", "key"],
  ["WireGuard.Private.Key", "key"],
  ["Java.Key.Store", "store"],
  ["PKCS12.Key.Store", "store"],
  ["AWS.Session.Token", "other"],
  ["", "other"],
])("the advice on %s is that on a %s", (kind, about) => {
  expect(aboutOf(kind)).toBe(about);
});
