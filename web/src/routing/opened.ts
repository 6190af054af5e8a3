import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { ApiError } from "../api/error";
import { useText } from "../text/language";
import { words } from "../text/words";
import { useFailureText } from "../ui/failureText";
import { notify } from "../ui/notices";
import { useScope, useUrl } from "./search";

interface Options<Row> {
  /** The call that lists them: what is told of it is told of the one, too. */
  path: string;
  /** What of the list was read so far. */
  rows: Row[] | undefined;
  /** How the URL names a row. */
  keyOf: (row: Row) => string;
  /** Asks for the one of a key. */
  read: (key: string) => Promise<Row | undefined>;
  /** What the URL says where it opens a form in the place of a row. */
  form?: string;
}

/** The row that the URL opens, wherever it stands in its list: a link shows to everybody what it
 * showed to who copied it. Where it is gone, somebody is told. */
export function useOpened<Row>(options: Options<Row>): Row | undefined {
  const { path, rows, keyOf, read, form = "new" } = options;
  const [{ open = "" }] = useUrl();
  const w = useText(words);
  const failure = useFailureText();
  const cluster = useScope();
  const listed = open ? rows?.find((row) => keyOf(row) === open) : undefined;
  // What left the list while it was open stays open: newer rows came, or it is being removed.
  const seen = useRef<Row>(undefined);
  if (listed) seen.current = listed;
  const kept = seen.current && keyOf(seen.current) === open ? seen.current : undefined;
  const wanted = rows !== undefined && !kept && open !== "" && open !== form;
  const alone = useQuery({
    queryKey: [path, "opened", cluster, open],
    queryFn: async () => (await read(open)) ?? null,
    enabled: wanted,
  });
  // What could not be asked for may be there all the same.
  const unread = alone.error && !isRefused(alone.error) ? failure(alone.error) : undefined;
  const isGone = wanted && (alone.isError || alone.data === null);
  useEffect(() => {
    if (isGone) notify(`${open}${w.colon}${unread ?? w.notFound}`);
  }, [isGone, open, unread, w]);
  return listed ?? kept ?? (wanted ? (alone.data ?? undefined) : undefined);
}

/** Whether the primary answered that there is no such thing, or that none is called so. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 400);
}
