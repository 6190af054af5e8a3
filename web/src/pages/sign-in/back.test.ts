import { expect, it } from "vitest";

import { back } from "./back";

it.each([
  ["/clusters?q=a&sort=-name#x", "/clusters?q=a&sort=-name#x"],
  ["/images/a%2fb", "/images/a%2fb"],
  [undefined, "/"],
  ["", "/"],
  ["clusters", "/"],
  ["/sign-in?to=/", "/"],
  ["/x/../sign-in", "/"],
  ["https://evil.example/", "/"],
  ["javascript:alert(1)", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["/.//evil.example", "/"],
  ["/x/..//evil.example", "/"],
])("who wanted to go to %j goes to %j", (to, expected) => {
  expect(back(to, "https://portal.example")).toBe(expected);
});
