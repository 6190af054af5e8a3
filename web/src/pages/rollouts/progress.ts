// How far a rollout is, stage by stage.

export type StageState = "done" | "now" | "next" | "never";

interface Progress {
  state: string;
  /** The stage that was reached last, from 1. */
  stage: number;
  policy: { stages?: unknown[] };
}

const URGENCY = ["error", "pending", "applied"];

/** Clusters by what somebody has to see first: errors, then what is under way. */
export function urgentFirst<C extends { state: string }>(clusters: C[]): C[] {
  return [...clusters].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state));
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
