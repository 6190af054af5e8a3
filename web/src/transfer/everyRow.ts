import { type Answer, get, type PathOf, type Target } from "../api/client";

/** Rows that the server gives at once. */
const PAGE = 1_000;

/** All of a list, page by page: exports name what they hold. */
export async function everyRow<P extends PathOf<"get">, Row>(
  path: P,
  target: Target,
  pick: (answer: Answer<P, "get">) => Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const query = { ...target.query, start: rows.length, limit: PAGE };
    const page = pick(await get(path, { ...target, query }));
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}
