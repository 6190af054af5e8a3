// Who is signed in. The token lives as long as the tab: a reload keeps it, a
// closed tab forgets it.

import { useSyncExternalStore } from "react";

const KEY = "palisade.token";

/** Why there is no session: nobody signed in, signed out, or it ended by itself. */
export type End = "none" | "left" | "ended" | "idle";

interface State {
  token: string | undefined;
  end: End;
}

let state: State = { token: globalThis.sessionStorage?.getItem(KEY) ?? undefined, end: "none" };
const listeners = new Set<() => void>();

function become(next: State) {
  state = next;
  if (next.token) sessionStorage.setItem(KEY, next.token);
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export const session = {
  token: () => state.token,
  begin: (token: string) => become({ token, end: "none" }),
  end: (end: End) => become({ token: undefined, end }),
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
