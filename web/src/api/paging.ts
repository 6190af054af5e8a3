// Where the next page of a list begins.

/** After so many rows, or where the page before it said. */
export type From = { start: number } | { after: string };

export interface ReadPage<Row> {
  rows: Row[];
  /** What the primary calls the place behind it, in the lists that grow. */
  next: string | undefined;
  /** Whether those behind it were read again since, and it was not. */
  old?: boolean;
}

export function pageOf<Row>(rows: Row[], answer: unknown): ReadPage<Row> {
  const { next } = (answer ?? {}) as { next?: string | null };
  return { rows, next: next ?? undefined };
}

/** The page behind those that were read; none where the last one was not full. From a place that
 * the primary named, what came in above meanwhile shows no row twice, nothing is skipped one by
 * one, and there is no end to it. */
export function following(pages: ReadPage<unknown>[], limit: number): From | undefined {
  const last = pages.at(-1);
  if (!last || last.rows.length < limit) return undefined;
  if (last.next !== undefined) return { after: last.next };
  return { start: pages.reduce((sum, { rows }) => sum + rows.length, 0) };
}
