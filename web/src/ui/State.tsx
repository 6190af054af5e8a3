import type { ReactNode } from "react";

export type Tone = "good" | "busy" | "bad" | "quiet";

/** A state in words, with a shape and a colour for its tone. */
export function State({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`state ${tone}`}>{children}</span>;
}
