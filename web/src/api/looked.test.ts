import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";

import { type Looked, pagesAround, reading } from "./looked";
import { type From, pageOf } from "./paging";

const LIMIT = 10;

/** A list of the server, of which some pages were read: by places, or by what each page names. */
async function opened(kind: "start" | "after", count: number, pages: number) {
  const rows = Array.from({ length: count }, (_, at) => count - at);
  let looked: Looked | undefined;
  let asked: From[] = [];
  const client = new QueryClient();
  const observer = new InfiniteQueryObserver(
    client,
    reading<number>(client, {
      queryKey: [kind],
      limit: LIMIT,
      looked: () => looked,
      read: async (from) => {
        asked.push(from);
        const begin = "after" in from ? rows.indexOf(Number(from.after)) + 1 : from.start;
        const some = rows.slice(begin, begin + LIMIT);
        return pageOf(some, kind === "after" ? { next: String(some.at(-1)) } : {});
      },
    }),
  );
  observer.subscribe(() => undefined);
  await observer.refetch();
  for (let read = 1; read < pages; read += 1) await observer.fetchNextPage();
  return {
    observer,
    rows,
    /** Looks at some rows as they are read again; gives what was asked of the server. */
    async again(at: Looked | undefined) {
      looked = at;
      asked = [];
      await observer.refetch();
      return asked;
    },
    shown: () => observer.getCurrentResult().data?.pages.flatMap((page) => page.rows),
    old: () => observer.getCurrentResult().data?.pages.map((page) => page.old ?? false),
  };
}

it.each([
  [
    { first: 0, last: 3 },
    { first: 0, last: 0 },
  ],
  [
    { first: 0, last: 5 },
    { first: 0, last: 1 },
  ],
  [
    { first: 34, last: 44 },
    { first: 2, last: 4 },
  ],
  [
    { first: 35, last: 45 },
    { first: 3, last: 5 },
  ],
])("rows %j are on pages around %j", (rows, pages) => {
  expect(pagesAround(rows, LIMIT)).toEqual(pages);
});

it("reads all pages again where nobody says what is looked at", async () => {
  const list = await opened("start", 100, 10);
  expect(await list.again(undefined)).toHaveLength(10);
});

it.each(["start", "after"] as const)(
  "reads what is looked at again, by %s: what is above stays as it was, and is old",
  async (kind) => {
    const list = await opened(kind, 1_000, 60);
    expect(await list.again({ first: 516, last: 524 })).toHaveLength(2);
    expect(list.old()?.indexOf(false)).toBe(51);
    expect(list.shown()).toHaveLength(530);
    // What is behind comes as it did at first.
    expect(list.observer.getCurrentResult().hasNextPage).toBe(true);
    await list.observer.fetchNextPage();
    expect(list.shown()).toEqual(list.rows.slice(0, 540));
    // Whoever goes back up has it anew.
    expect(await list.again({ first: 300, last: 304 })).toHaveLength(2);
    expect(list.old()?.indexOf(false)).toBe(29);
  },
);

it.each(["start", "after"] as const)("skips no row that came in above, by %s", async (kind) => {
  const list = await opened(kind, 100, 6);
  list.rows.unshift(103, 102, 101);
  await list.again({ first: 40, last: 50 });
  await list.again({ first: 0, last: 8 });
  while (list.observer.getCurrentResult().hasNextPage) await list.observer.fetchNextPage();
  expect(list.shown()).toEqual(list.rows);
});

it("ends where the list became shorter than what is looked at", async () => {
  const list = await opened("start", 100, 10);
  list.rows.splice(35);
  for (const last of [99, 40, 34]) await list.again({ first: last - 5, last });
  expect(list.shown()?.slice(0, 35)).toEqual(list.rows);
  expect(list.observer.getCurrentResult().hasNextPage).toBe(false);
});
