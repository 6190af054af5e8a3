// What others changed of the federation in the moment in which one changed something oneself.

import { get, type Schema } from "./client";

/** How many revisions are looked at: among more of them, nobody knows one's own. */
const MOST = 20;

type Revision = Pick<Schema<"HistoryRevision">, "revision" | "objects" | "changes">;

async function newest(limit: number): Promise<Revision[]> {
  return (await get("/v1/fed/history", { query: { limit } })).revisions;
}

/** The newest revision. */
export async function head(): Promise<number> {
  return (await newest(1))[0]?.revision ?? 0;
}

/** Whether one's own change, of which is only known that it came after revision `since`, is the
 * last one of what it changed. */
export async function isLast(since: number): Promise<boolean> {
  return isEachChangedOnce((await newest(MOST)).filter(({ revision }) => revision > since));
}

/** Whether no two of some revisions changed the same; those of very many objects do not name all. */
export function isEachChangedOnce(revisions: Revision[]): boolean {
  if (revisions.length > 1 && revisions.some(({ objects, changes }) => objects > changes.length)) {
    return false;
  }
  const names = revisions.flatMap(({ changes }) => changes.map((one) => `${one.kind} ${one.name}`));
  return revisions.length < MOST && new Set(names).size === names.length;
}
