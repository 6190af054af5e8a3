// Whether somebody is signed in. The session itself is a cookie that no script
// can read; what is kept here is only that there is one, for all tabs.

import { useSyncExternalStore } from "react";

const KEY = "palisade.session";
/** What is kept there while there is a session; afterwards it may be why it ended by itself. */
const OPEN = "1";

/** Asks for the session as a cookie at the sign-in, and makes it count afterwards. */
export const COOKIE_HEADER = { "X-Auth-Cookie": "true" };

/** Why there is no session: nobody signed in, signed out, or it ended by itself. */
export type End = "none" | "left" | "ended" | "idle";

/** Whether nobody meant to sign out: what they were at is kept for them. */
export function endedByItself(end: End): boolean {
  return end === "ended" || end === "idle";
}

interface State {
  signedIn: boolean;
  end: End;
}

/** What the kept word says; `end` where it says nothing. */
function stateOf(kept: string | null | undefined, end: End): State {
  if (kept === OPEN) return { signedIn: true, end: "none" };
  return { signedIn: false, end: kept === "ended" || kept === "idle" ? kept : end };
}

let state = stateOf(globalThis.localStorage?.getItem(KEY), "none");
const listeners = new Set<() => void>();

function become(next: State) {
  state = next;
  for (const listener of listeners) listener();
}

// Another tab signed in or out.
globalThis.addEventListener?.("storage", (event) => {
  const { key, newValue } = event as StorageEvent;
  if (key === KEY) become(stateOf(newValue, "left"));
});

export const session = {
  signedIn: () => state.signedIn,
  /** How the last one ended. */
  lastEnd: () => state.end,
  begin() {
    localStorage.setItem(KEY, OPEN);
    become(stateOf(OPEN, "none"));
  },
  end(end: End) {
    if (endedByItself(end)) localStorage.setItem(KEY, end);
    else localStorage.removeItem(KEY);
    become({ signedIn: false, end });
  },
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};

/** The session, watched. */
export function useSession(): State {
  return useSyncExternalStore(session.subscribe, () => state);
}
