// The time that a list of events is about, as the URL keeps it.

import type { Search } from "../../routing/search";

const HOUR = 3_600;

/** Days of a period that can be chosen: the seconds of a span, and how many spans there are. */
const PERIODS = {
  "1": [HOUR, 24],
  "7": [6 * HOUR, 28],
  "30": [24 * HOUR, 30],
} as const;

export type Period = keyof typeof PERIODS;

/** A period as the URL names it. */
export function periodOf(days: string | undefined): Period | undefined {
  return days !== undefined && days in PERIODS ? (days as Period) : undefined;
}

/** Where a period begins, in Unix seconds: with its first span, so that a question about it
 * stays the same for a while. */
export function startOf(period: Period, now: number): number {
  const [span, number] = PERIODS[period];
  return (Math.floor(now / span) - (number - 1)) * span;
}

/** Since when and until when, in Unix seconds as a question has them. */
export interface Bounds {
  since?: string | undefined;
  until?: string | undefined;
}

/** The span of time that was picked; undefined where none was. */
export function pickedOf({ since, until }: Search): Required<Bounds> | undefined {
  const [from, to] = [Number(since), Number(until)];
  return from > 0 && to > from ? { since: String(from), until: String(to) } : undefined;
}

/** The time that a list is about: what was picked, else a period, else all. */
export function boundsOf(url: Search, now: number): Bounds {
  const picked = pickedOf(url);
  if (picked) return picked;
  const period = periodOf(url.days);
  return period ? { since: String(startOf(period, now)) } : {};
}
