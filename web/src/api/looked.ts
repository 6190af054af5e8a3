// Of a list that was scrolled far, what is read again is what somebody looks at: neither
// hundreds of pages above it nor those behind it.

import type {
  InfiniteData,
  QueryClient,
  QueryFunctionContext,
  QueryKey,
} from "@tanstack/react-query";

import { type From, following, type ReadPage } from "./paging";

/** Rows that are in the page, by their places in the list. */
export interface Looked {
  first: number;
  last: number;
}

/** The pages that hold these rows and half a page around them: who scrolls on does not come upon
 * old rows before newer ones. */
export function pagesAround({ first, last }: Looked, limit: number): Looked {
  const page = (row: number) => Math.max(0, Math.floor(row / limit));
  return { first: page(first - limit / 2), last: page(last + limit / 2) };
}

interface Reading<Row> {
  queryKey: QueryKey;
  /** Rows of a page. */
  limit: number;
  /** What is looked at when a page has its turn; everything where nobody says. */
  looked: () => Looked | undefined;
  read: (from: From, signal: AbortSignal) => Promise<ReadPage<Row>>;
}

/** How the pages of a list are read, and read again. Those above what is looked at stay, as old
 * ones; those behind it go, and come as they did at first once somebody scrolls there: no seam
 * between older and newer pages skips a row. */
export function reading<Row>(client: QueryClient, { queryKey, limit, looked, read }: Reading<Row>) {
  const held = () => client.getQueryData<InfiniteData<ReadPage<Row>, From>>(queryKey);
  const around = () => {
    const rows = looked();
    return rows && pagesAround(rows, limit);
  };
  return {
    queryKey,
    initialPageParam: { start: 0 } as From,
    queryFn: async (context: QueryFunctionContext<QueryKey, From>): Promise<ReadPage<Row>> => {
      const { pages, pageParams } = held() ?? { pages: [], pageParams: [] };
      const at = pageParams.findIndex((from) => isSame(from, context.pageParam));
      const page = pages[at];
      const first = Math.min(around()?.first ?? 0, pages.length - 1);
      if (page && at < first) return { ...page, old: true };
      return read(context.pageParam, context.signal);
    },
    getNextPageParam: (_: ReadPage<Row>, pages: ReadPage<Row>[]) => {
      // Pages that are not the held ones are being read again.
      const isReadAgain = pages !== held()?.pages;
      const last = around()?.last ?? Number.POSITIVE_INFINITY;
      return isReadAgain && pages.length > last ? undefined : following(pages, limit);
    },
  };
}

function isSame(one: From, other: From): boolean {
  if ("after" in one) return "after" in other && one.after === other.after;
  return "start" in other && one.start === other.start;
}
