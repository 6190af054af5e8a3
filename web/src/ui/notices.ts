// Short messages about what was done.

import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  text: string;
  /** Takes back what was done, where it can be. */
  undo?: () => void;
  /** When it goes. */
  timer: ReturnType<typeof setTimeout>;
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

/** Says something for a while; gives its number. */
export function notify(text: string): number {
  last += 1;
  const id = last;
  const timer = setTimeout(() => dismiss(id), SHOWN_MS);
  become([...notices, { id, text, timer }].slice(-MOST));
  return id;
}

/** Lets what a message tells of be taken back, if it is still shown. */
export function offer(id: number, undo: () => void) {
  const told = notices.find((notice) => notice.id === id);
  if (!told) return;
  clearTimeout(told.timer);
  const timer = setTimeout(() => dismiss(id), UNDO_MS);
  become(notices.map((notice) => (notice === told ? { ...told, undo, timer } : notice)));
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
