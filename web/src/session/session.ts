// Whether somebody is signed in. The session itself is a cookie that no script
// can read; what is kept here is only that there is one, for all tabs.

import { useSyncExternalStore } from "react";

const KEY = "palisade.session";

/** Asks for the session as a cookie at the sign-in, and makes it count afterwards. */
export const COOKIE_HEADER = { "X-Auth-Cookie": "true" };

/** Why there is no session: nobody signed in, signed out, or it ended by itself. */
export type End = "none" | "left" | "ended" | "idle";

interface State {
  signedIn: boolean;
  end: End;
}

let state: State = {
  signedIn: globalThis.localStorage?.getItem(KEY) != null,
  end: "none",
};
const listeners = new Set<() => void>();

function become(next: State) {
  state = next;
  for (const listener of listeners) listener();
}

// Another tab signed in or out.
globalThis.addEventListener?.("storage", (event) => {
  const { key, newValue } = event as StorageEvent;
  if (key === KEY)
    become({ signedIn: newValue !== null, end: newValue === null ? "left" : "none" });
});

export const session = {
  signedIn: () => state.signedIn,
  begin() {
    localStorage.setItem(KEY, "1");
    become({ signedIn: true, end: "none" });
  },
  end(end: End) {
    localStorage.removeItem(KEY);
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
