// Where the next page of a list begins.

/** After so many rows, or where the page before it said. */
export type From = { start: number } | { after: string };

/** By what a list is asked for the rows behind a place. The history, `before` a revision, says itself
 * which page is its last, and cannot be asked for those behind so many rows. */
export type Onward = "after" | "before";

export interface ReadPage<Row> {
  rows: Row[];
  /** What the primary calls the place behind it, in the lists that grow. */
  next: string | undefined;
  /** Whether the list ends with it, where the primary says so. */
  isLast?: boolean;
  /** Whether those behind it were read again since, and it was not. */
  old?: boolean;
}

export function pageOf<Row>(rows: Row[], answer: unknown, onward: Onward = "after"): ReadPage<Row> {
  const { next } = (answer ?? {}) as { next?: string | number | null };
  const place = next == null ? undefined : String(next);
  return { rows, next: place, ...(onward === "before" && { isLast: place === undefined }) };
}

/** What is asked for the page that begins there. */
export function askedFrom(from: From, onward: Onward): Record<string, string | number> {
  return onward === "before" && "after" in from ? { before: from.after } : from;
}

/** The page behind those that were read; none where the last one was not full. From a place that
 * the primary named, what came in above meanwhile shows no row twice, nothing is skipped one by
 * one, and there is no end to it. */
export function following(pages: ReadPage<unknown>[], limit: number): From | undefined {
  const last = pages.at(-1);
  if (!last || last.isLast || last.rows.length < limit) return undefined;
  if (last.next !== undefined) return { after: last.next };
  return { start: pages.reduce((sum, { rows }) => sum + rows.length, 0) };
}
