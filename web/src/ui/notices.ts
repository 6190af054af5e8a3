// Short messages about what was done.

import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  text: string;
  /** Takes back what was done, where it can be. */
  undo?: (() => void) | undefined;
}

const SHOWN_MS = 6_000;
/** Long enough to find the button by keyboard. */
const UNDO_MS = 20_000;
const MOST = 4;

let notices: Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function become(next: Notice[]) {
  notices = next;
  for (const listener of listeners) listener();
}

export function notify(text: string, undo?: () => void) {
  last += 1;
  const id = last;
  become([...notices, { id, text, undo }].slice(-MOST));
  setTimeout(() => dismiss(id), undo ? UNDO_MS : SHOWN_MS);
}

export function dismiss(id: number) {
  become(notices.filter((notice) => notice.id !== id));
}

/** Takes all of them away, with what could be taken back. */
export function dismissAll() {
  become([]);
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
