// Server state: what was read stays in the cache and is read again in the
// background.

import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useMemo, useRef } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { useFailureText } from "../ui/failureText";
import { notify, offer } from "../ui/notices";
import { type Answer, get, type PathOf, type Query, type Target } from "./client";
import { ApiError } from "./error";
import { head, isLast } from "./history";
import { isLive, isTold } from "./live";
import { type Looked, pagesAround, reading } from "./looked";
import { askedFrom, type Onward, pageOf } from "./paging";

/** What is no more as the change that names it left it. */
const CHANGED_SINCE = 412;
/** Rows of one page of a list. */
export const PAGE = 100;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What was refused once is refused again; what did not arrive may.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      retryDelay: 500,
    },
  },
});

interface Options<Data = never> extends Omit<Target, "signal"> {
  /** Milliseconds between two readings; they may depend on what was read. */
  every?: number | ((data: Data | undefined) => number);
  enabled?: boolean;
  /** Whether the answer to the last question stays until that to another one is there. */
  keep?: boolean;
}

/** What the stream of changes tells of is read by itself this seldom, in
 * milliseconds. */
const TOLD_EVERY_MS = 30_000;
/** Whether members answer, and how far they have come, no change tells of. */
const UNTOLD = ["/v1/fed/member", "/v1/fed/rollout"];

/** How long until the next reading. */
function pace(path: string, every: number | undefined, cluster: string | undefined) {
  const told = !cluster && !UNTOLD.includes(path) && isTold(path);
  return every && told && isLive() ? Math.max(every, TOLD_EVERY_MS) : (every ?? false);
}

/** Begins to read what is certain to be needed and not known yet. */
export function readAhead<P extends PathOf<"get">>(path: P, query?: Query) {
  const target = query ? { query } : {};
  return (
    queries
      .ensureQueryData({
        queryKey: [path, target],
        queryFn: ({ signal }) => get(path, { ...target, signal }),
      })
      // Whoever shows it asks again, and says why it could not be read.
      .catch(() => undefined)
  );
}

/** The answer to a GET, kept fresh. */
export function useGet<P extends PathOf<"get">>(path: P, options: Options<Answer<P, "get">> = {}) {
  const { every, enabled, keep, ...target } = options;
  return useQuery({
    queryKey: [path, target],
    queryFn: ({ signal }) => get(path, { ...target, signal }),
    ...(keep && { placeholderData: keepPreviousData }),
    refetchInterval: ({ state: { data } }) => {
      const wanted = typeof every === "function" ? every(data) : every;
      return pace(path, wanted, target.cluster);
    },
    enabled: enabled ?? true,
  });
}

/** What a page knows of a reading. */
interface Reading {
  error: unknown;
  errorUpdateCount: number;
  refetch: () => unknown;
}

/** Several readings, and what is made of them, as one: it fails where one of them fails. */
export function asOne<Data>(data: Data | undefined, readings: Reading[]) {
  return {
    data,
    error: readings.find((one) => one.error)?.error ?? null,
    errorUpdateCount: readings.reduce((sum, one) => sum + one.errorUpdateCount, 0),
    isPending: data === undefined,
    refetch: () => void Promise.all(readings.map((one) => one.refetch())),
  };
}

interface PageOptions extends Omit<Options, "keep" | "every"> {
  /** Milliseconds between two readings. */
  every?: number;
  /** Rows of a page. */
  limit?: number;
  onward?: Onward;
}

/** A list that the server filters, sorts and pages. */
export function usePages<P extends PathOf<"get">, Row>(
  path: P,
  pick: (answer: Answer<P, "get">) => Row[],
  options: PageOptions = {},
) {
  const { every, enabled, limit = PAGE, onward = "after", query: filters, ...target } = options;
  const client = useQueryClient();
  const looked = useRef<Looked>(undefined);
  const query = useInfiniteQuery({
    ...reading<Row>(client, {
      queryKey: [path, target, "pages", filters],
      limit,
      looked: () => looked.current,
      read: async (from, signal) => {
        const query = { ...filters, ...askedFrom(from, onward), limit };
        const answer = await get(path, { ...target, query, signal });
        return pageOf(pick(answer), answer, onward);
      },
    }),
    placeholderData: keepPreviousData,
    refetchInterval: () => pace(path, every, target.cluster),
    enabled: enabled ?? true,
  });
  const { data, refetch } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows), [data]);
  /** Takes what is looked at, and reads it again where it is old. */
  const onLook = useCallback(
    (rows: Looked) => {
      looked.current = rows;
      const { first, last } = pagesAround(rows, limit);
      const isOld = data?.pages.slice(first, last + 1).some((page) => page.old);
      // One that is under way may have gone past it: then its answer leads here again.
      if (isOld) void refetch({ cancelRefetch: false });
    },
    [data, refetch, limit],
  );
  return { ...query, rows, onLook };
}

export type Pages<Row> = ReturnType<typeof usePages<PathOf<"get">, Row>>;

interface Change<Input, Output> {
  /** What to say when it is done. */
  done?: string | ((input: Input) => string);
  onDone?: (output: Output, input: Input) => void;
  /** Whether a failure is told in a notice: where no form shows it. */
  tell?: boolean;
}

interface Undoable<Input, Output> {
  /** How to take an input's change back, to what is known as the change begins; none where that
   * one cannot be. */
  undo: (input: Input, output: Output) => (() => Promise<unknown>) | undefined;
  /** Reads what the way back writes over: it is gone only while that is as this change left it,
   * so that nothing is lost of what somebody else did since. Not needed where the way back names
   * what it is for by {@link ifStill}. */
  read?: (input: Input, output: Output) => Promise<unknown>;
  /** Whether the history of the federation tells of it, and so of who changed it at once after. */
  federated?: boolean;
}

type ChangeOptions<Input, Output> = Change<Input, Output> &
  (Undoable<Input, Output> | { undo?: undefined; read?: undefined; federated?: undefined });

/** A change; afterwards everything that is shown is read again. What is asked for again before it
 * is done is not done twice. */
export function useChange<Input = void, Output = unknown>(
  change: (input: Input) => Promise<Output>,
  options: ChangeOptions<Input, Output> = {},
) {
  const client = useQueryClient();
  const w = useText(words);
  const failure = useFailureText();
  const running = useRef(false);
  // What is shown may be read again before the change is answered: then it is no more what it was.
  const undoing = useRef(options.undo);
  const since = useRef<number>(undefined);
  const mutation = useMutation({
    mutationFn: async (input: Input) => {
      undoing.current = options.undo;
      // Without the history, what is read after the change counts as its own.
      since.current = options.federated ? await head().catch(() => undefined) : undefined;
      return change(input);
    },
    onSettled: () => {
      running.current = false;
    },
    ...(options.tell && { onError: (error: Error) => notify(failure(error)) }),
    onSuccess: (output, input) => {
      const { done, read } = options;
      const back = undoing.current?.(input, output);
      const before = since.current;
      const seen = async () => JSON.stringify([await read?.(input, output)]);
      const offerUndo = async (notice: number) => {
        const ours = await seen();
        // What was read may be somebody else's already: that is nobody's to take back here.
        if (before !== undefined && !(await isLast(before))) return;
        offer(notice, async () => {
          try {
            const isOthers = (await seen()) !== ours;
            if (!isOthers) await back?.();
            notify(isOthers ? w.changedSince : w.undone);
          } catch (error) {
            const isOthers = error instanceof ApiError && error.status === CHANGED_SINCE;
            notify(isOthers ? w.changedSince : failure(error));
          }
          void client.invalidateQueries();
        });
      };
      if (done) {
        const notice = notify(typeof done === "function" ? done(input) : done);
        // Of what cannot be read nobody knows who changed it last.
        if (back) void offerUndo(notice).catch(() => undefined);
      }
      options.onDone?.(output, input);
      void client.invalidateQueries();
    },
  });
  const { mutate: start, reset: forget } = mutation;
  const mutate = useCallback<typeof start>(
    (...of) => {
      if (running.current) return;
      running.current = true;
      start(...of);
    },
    [start],
  );
  const reset = useCallback(() => {
    running.current = false;
    forget();
  }, [forget]);
  return { ...mutation, mutate, reset };
}
