import { useBlocker } from "@tanstack/react-router";
import { createContext, type ReactNode, useContext, useState } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";

/** Tells the form around it that something was typed. */
export const Typing = createContext<() => void>(() => undefined);

/** For what buttons of a form change, such as rows that come and go: no field says so. */
export function useTyping(): () => void {
  return useContext(Typing);
}

interface Unsaved {
  /** Closes, unless something was typed: then it warns first. */
  close: () => void;
  /** Something was typed. */
  onType: () => void;
  /** All that was typed is saved. */
  onSaved: () => void;
  /** Shown once somebody was about to lose it. */
  warning: ReactNode;
}

/** What was typed is not lost by one key, nor by one step back or away: it takes a second one.
 * While something is `saved`, the way is free. */
export function useUnsaved(onClose: () => void, saved: boolean): Unsaved {
  const w = useText(words);
  const [draft, setDraft] = useState<"none" | "typed" | "warned">("none");
  const kept = draft === "typed" && !saved;
  useBlocker({
    shouldBlockFn: () => {
      if (kept) setDraft("warned");
      return kept;
    },
    enableBeforeUnload: kept,
  });
  return {
    close: () => (kept ? setDraft("warned") : onClose()),
    onType: () => setDraft("typed"),
    onSaved: () => setDraft("none"),
    warning: draft === "warned" && (
      <p role="alert" className="reminder bad">
        {w.unsaved}
      </p>
    ),
  };
}
