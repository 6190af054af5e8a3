import { describe, expect, it } from "vitest";

import { stageStates } from "./progress";

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
