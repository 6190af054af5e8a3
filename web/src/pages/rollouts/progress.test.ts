import { describe, expect, it } from "vitest";

import { stageStates, urgentFirst } from "./progress";

describe("the stages of a rollout", () => {
  it.each([
    ["running", 1, ["now", "next", "next"]],
    ["running", 2, ["done", "now", "next"]],
    ["halted", 2, ["done", "now", "next"]],
    ["completed", 2, ["done", "done", "done"]],
    ["aborted", 1, ["never", "never", "never"]],
  ])("that is %s in stage %i", (state, stage, expected) => {
    expect(stageStates({ state, stage, policy: { stages: [{}, {}] } })).toEqual(expected);
  });
});

it("names clusters with errors first, then those under way, else in their order", () => {
  const of = (name: string, state: string) => ({ name, state });
  const all = [of("a", "applied"), of("b", "pending"), of("c", "error"), of("d", "applied")];
  expect(urgentFirst(all).map(({ name }) => name)).toEqual(["c", "b", "a", "d"]);
  expect(all[0]?.name).toBe("a");
});
