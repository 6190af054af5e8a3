import { useSyncExternalStore } from "react";

/** How often what is said of the time that passed is said anew. */
const EVERY_MS = 10_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick() {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time in Unix milliseconds, some seconds old at most. */
export function useNow(): number {
  useSyncExternalStore(subscribe, () => now);
  return Date.now();
}
