// How far a rollout is, stage by stage.

export type StageState = "done" | "now" | "next" | "never";

interface Progress {
  state: string;
  /** The stage that was reached last, from 1. */
  stage: number;
  policy: { stages?: unknown[] };
}

/** The state of each stage, and behind them of all clusters. */
export function stageStates({ state, stage, policy }: Progress): StageState[] {
  const stages = policy.stages?.length ?? 0;
  return Array.from({ length: stages + 1 }, (_, index) => {
    const number = index + 1;
    if (state === "completed") return "done";
    if (state === "aborted") return "never";
    if (number < stage) return "done";
    return number === stage ? "now" : "next";
  });
}
