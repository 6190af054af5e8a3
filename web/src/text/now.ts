// The time, as the primary has it: a browser's clock may be days off, and what is asked of the
// last hours would be of others.

import { useSyncExternalStore } from "react";

/** How often what is said of the time that passed is said anew. */
const EVERY_MS = 10_000;
/** Answers tell the time in whole seconds and take a while: less than this is no difference. */
const NEAR_MS = 10_000;

/** How far the primary's clock is ahead of the browser's. */
let ahead = 0;
let shown = timeNow();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** The time in Unix milliseconds. */
export function timeNow(): number {
  return Date.now() + ahead;
}

/** Takes the time from the `Date` of an answer. */
export function learnTime(date: string | null) {
  const difference = Date.parse(date ?? "") - Date.now();
  if (Number.isNaN(difference) || Math.abs(difference - ahead) < NEAR_MS) return;
  ahead = Math.abs(difference) < NEAR_MS ? 0 : difference;
  tick();
}

function tick() {
  shown = timeNow();
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

/** {@link timeNow}, watched: some seconds old at most. */
export function useNow(): number {
  useSyncExternalStore(subscribe, () => shown);
  return timeNow();
}
