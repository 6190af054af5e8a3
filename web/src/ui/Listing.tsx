import { FilterX, Inbox } from "lucide-react";
import type { ReactNode } from "react";

import type { Looked } from "../api/looked";
import { type SearchKey, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { words } from "../text/words";
import { type Column, DataTable } from "./DataTable";
import { Sign } from "./Failure";
import { Loaded, Skeleton } from "./Loaded";

/** What was read of a list, and how to read on. */
export interface ListQuery<Row> {
  rows: Row[] | undefined;
  error: unknown;
  isPending: boolean;
  /** Whether the rows answer the last question, until this one is answered. */
  isPlaceholderData?: boolean;
  errorUpdateCount?: number;
  isFetchingNextPage?: boolean;
  hasNextPage?: boolean;
  fetchNextPage?: () => unknown;
  /** Takes which rows are in the page. */
  onLook?: (rows: Looked) => void;
  refetch: () => unknown;
}

interface Props<Row> {
  query: ListQuery<Row>;
  /** What is listed, for people. */
  what: string;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  current?: (row: Row) => boolean;
  /** Where the URL keeps the filters of the list. */
  filters?: SearchKey[];
  /** What to say, and to do, where there is nothing at all. */
  empty?: ReactNode;
}

/** A list with all its states. */
export function Listing<Row>({
  query,
  what,
  columns,
  rowKey,
  current,
  filters = ["q"],
  empty,
}: Props<Row>) {
  const [url, setUrl] = useUrl();
  const w = useText(words);
  const filtered = filters.some((key) => url[key]);
  return (
    <Loaded query={{ ...query, data: query.rows }} what={what} lines={12}>
      {(rows) => {
        const busy = query.isPlaceholderData ?? false;
        // That nothing fitted the last question says nothing of this one.
        if (rows.length === 0 && busy) return <Skeleton lines={12} />;
        if (rows.length === 0 && filtered) {
          return (
            <Sign icon={<FilterX aria-hidden />} title={w.nothingFits} role="status">
              <button
                type="button"
                onClick={() => setUrl(Object.fromEntries(filters.map((key) => [key, ""])))}
              >
                {w.clearFilter}
              </button>
            </Sign>
          );
        }
        if (rows.length === 0) {
          return empty ?? <Sign icon={<Inbox aria-hidden />} title={w.nothing} role="status" />;
        }
        return (
          <DataTable
            label={what}
            columns={columns}
            rows={rows}
            rowKey={rowKey}
            busy={busy}
            more={query.hasNextPage ?? false}
            {...(current && { current })}
            {...(query.onLook && { onLook: query.onLook })}
            onMore={() => {
              if (!query.isFetchingNextPage) query.fetchNextPage?.();
            }}
          />
        );
      }}
    </Loaded>
  );
}
