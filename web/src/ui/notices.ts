// Short messages about what was done.

import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;
const MOST = 4;

let notices: Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function become(next: Notice[]) {
  notices = next;
  for (const listener of listeners) listener();
}

export function notify(text: string) {
  last += 1;
  const id = last;
  become([...notices, { id, text }].slice(-MOST));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number) {
  become(notices.filter((notice) => notice.id !== id));
}

export function useNotices() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => notices,
  );
}
