import type { ReactNode } from "react";

import type { Schema } from "../../api/client";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { State, type Tone } from "../../ui/State";
import { textOf } from "../clusters/selector";
import type { StageState } from "./progress";
import { rolloutsText } from "./text";

const TONES: Record<StageState, Tone> = {
  done: "good",
  now: "busy",
  next: "quiet",
  never: "quiet",
};

interface Props {
  of: Schema<"RolloutStage">[];
  /** How far each is, and all clusters behind them. */
  states?: StageState[];
}

/** The way of a change: some clusters, more of them, all. */
export function Stages({ of, states }: Props) {
  const t = useText(rolloutsText);
  const format = useFormat();
  const state = (index: number): ReactNode => {
    const one = states?.[index];
    return one && <State tone={TONES[one]}>{t.stageStates[one]}</State>;
  };
  return (
    <ol>
      {of.map((stage, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: stages have no other name than their number
        <li key={index} aria-current={states?.[index] === "now" ? "step" : undefined}>
          {t.share(
            format.percent((stage.percent ?? 0) / 100),
            textOf(stage.cluster_selector) || t.everyCluster,
          )}
          , {t.watched(format.number(stage.wait_seconds ?? 0))} {state(index)}
        </li>
      ))}
      <li>
        {t.last} {state(of.length)}
      </li>
    </ol>
  );
}
