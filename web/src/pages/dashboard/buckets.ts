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
