import { expect, it } from "vitest";

import { keyed, nameOf, secondOf } from "./line";

const record = (message: string, reported_timestamp = 1_700_000_000) => ({
  ...{ name: "RESTful.Write", level: "Info", cluster_name: "staging" },
  ...{ message, reported_timestamp },
});

it("lines are told apart, also where the same happened twice in a second", () => {
  const lines = keyed([record("a"), record("a"), record("b")] as Parameters<typeof keyed>[0]);
  expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
});

it("a line is named by its second and its words, wherever it stands in a list", () => {
  const name = (...of: Parameters<typeof record>) =>
    keyed([record(...of)] as Parameters<typeof keyed>[0]).map(nameOf)[0] ?? "";
  expect(name("a")).toBe(name("a"));
  expect(new Set([name("a"), name("b"), name("a", 1_700_000_001)]).size).toBe(3);
  const ofCall = (said: object) =>
    keyed([{ ...record("a"), ...said }] as Parameters<typeof keyed>[0]).map(nameOf)[0];
  // Who calls the same twice in a second may say something else each time.
  const calls = [{ rest_method: "PATCH" }, { rest_method: "PATCH", rest_body: "{}" }];
  expect(new Set([name("a"), ...calls.map(ofCall)]).size).toBe(3);
  expect(secondOf(name("ä", 1_700_000_001))).toBe(1_700_000_001);
  expect(secondOf("nonsense")).toBe(0);
});
