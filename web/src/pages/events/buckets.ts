// Moments, counted by equal spans of time.

export interface Buckets {
  /** Where each span begins, in Unix seconds. */
  starts: number[];
  counts: number[];
}

/** Counts `moments` (Unix seconds) in `number` spans that end with `now`. */
export function bucket(moments: number[], now: number, span: number, number: number): Buckets {
  // Spans begin at round times, so that they do not wander with the clock.
  const last = Math.floor(now / span) * span;
  const starts = Array.from({ length: number }, (_, at) => last - (number - 1 - at) * span);
  const counts = starts.map(() => 0);
  for (const moment of moments) {
    const at = number - 1 - Math.floor((last + span - 1 - moment) / span);
    if (at >= 0 && at < number) counts[at] = (counts[at] ?? 0) + 1;
  }
  return { starts, counts };
}

const HOUR = 3_600;

/** Days of a period that can be chosen: the seconds of a span, and how many spans there are. */
export const PERIODS = {
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
