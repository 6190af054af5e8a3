import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import type { Looked } from "../api/looked";
import { useUrl } from "../routing/search";
import { useFormat } from "../text/format";
import { useText } from "../text/language";
import { words } from "../text/words";
import "./table.css";

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** The field that the server sorts by. */
  sort?: string;
  /** A track of CSS grid: `1fr` if nothing is said. */
  width?: string;
  align?: "end";
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Whether other rows are on their way. */
  busy?: boolean;
  /** Whether the server has more rows than these. */
  more?: boolean;
  onMore?: () => void;
  /** Is told which rows are in the page. */
  onLook?: (rows: Looked) => void;
  /** Marks a row. */
  current?: (row: Row) => boolean;
}

/** Height of a row before one was seen. */
const ROW_PX = 42;
const OVERSCAN = 8;
/** Pictures within which a row that is scrolled to is there. */
const FRAMES = 30;

/** A list of any length: only the rows in sight are in the page. */
export function DataTable<Row>(props: Props<Row>) {
  const {
    label,
    columns,
    rows,
    rowKey,
    busy = false,
    more = false,
    onMore,
    onLook,
    current,
  } = props;
  const w = useText(words);
  const format = useFormat();
  const body = useRef<HTMLDivElement>(null);
  const lowest = useRef(ROW_PX);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const now = body.current ? body.current.getBoundingClientRect().top + window.scrollY : 0;
    if (Math.abs(now - top) > 1) setTop(now);
    // A row that is not there yet is taken to be as high as the lowest in sight:
    // where it is higher, rows touch for a moment, but no gap shows between them.
    const rows = [...(body.current?.children ?? [])];
    const heights = rows.map((row) => row.getBoundingClientRect().height);
    if (heights.length > 0) lowest.current = Math.floor(Math.min(...heights));
  });
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => lowest.current,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const shown = virtualizer.getVirtualItems();

  // Rows that come in above what is being read do not push it away: the page moves along. Who
  // looks at the top sees them come.
  const read = useRef<{ index: number; key: string; start: number }>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows alone may move it
  useLayoutEffect(() => {
    const before = read.current;
    const at = before ? rows.findIndex((row) => rowKey(row) === before.key) : -1;
    const start = virtualizer.measurementsCache[at]?.start;
    if (before && at > before.index && start !== undefined) {
      window.scrollBy(0, start - before.start);
    }
  }, [rows]);
  useLayoutEffect(() => {
    const first = shown.find((item) => item.start > window.scrollY);
    const row = first && rows[first.index];
    const isBelowTop = window.scrollY > top;
    read.current =
      row && isBelowTop ? { index: first.index, key: rowKey(row), start: first.start } : undefined;
  });
  const first = shown.at(0)?.index ?? 0;
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= 0) onLook?.({ first, last });
  }, [first, last, onLook]);
  useEffect(() => {
    if (more && last >= rows.length - OVERSCAN) onMore?.();
  }, [more, last, rows.length, onMore]);

  /** A row that is not in the page yet is there once it was scrolled to. */
  const focusRow = (index: number, frames = FRAMES) => {
    const row = body.current?.querySelector(`[data-index="${index}"]`);
    const target = row?.querySelector<HTMLElement>("a, button");
    if (target || frames === 0) return target?.focus();
    virtualizer.scrollToIndex(index);
    requestAnimationFrame(() => focusRow(index, frames - 1));
  };
  const tracks = columns.map((column) => `minmax(0, ${column.width ?? "1fr"})`).join(" ");
  return (
    <div className="table-frame">
      <div
        role="table"
        aria-label={label}
        aria-busy={busy || undefined}
        aria-rowcount={more ? -1 : rows.length + 1}
        className="table"
        onKeyDown={(event) => moveBetweenRows(event, rows.length, focusRow)}
      >
        <div role="rowgroup" className="table-head">
          <div
            role="row"
            aria-rowindex={1}
            className="row"
            data-sort-by={w.sortBy}
            style={{ gridTemplateColumns: tracks }}
          >
            {columns.map((column) => (
              <Title key={column.id} column={column} />
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          ref={body}
          className="table-body"
          style={{ height: virtualizer.getTotalSize() }}
        >
          {shown.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                data-row={rowKey(row)}
                role="row"
                aria-rowindex={item.index + 2}
                aria-current={current?.(row) || undefined}
                className={current?.(row) ? "row current" : "row"}
                style={{
                  gridTemplateColumns: tracks,
                  transform: `translateY(${item.start - top}px)`,
                }}
              >
                {columns.map((column) => (
                  <div
                    key={column.id}
                    role="cell"
                    data-label={column.title}
                    data-column={column.id}
                    className={column.align === "end" ? "cell end" : "cell"}
                  >
                    <div className="content">{column.cell(row)}</div>
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p className="table-foot" aria-live="polite">
        {w.rows(format.number(rows.length), more)}
      </p>
    </div>
  );
}

function Title<Row>({ column }: { column: Column<Row> }) {
  const [url, setUrl] = useUrl();
  const w = useText(words);
  const field = column.sort;
  const order =
    field && (url.sort === field ? "ascending" : url.sort === `-${field}` ? "descending" : "none");
  const className = `title${column.align === "end" ? " end" : ""}${field ? "" : " fixed"}`;
  if (!field) {
    return (
      <div role="columnheader" className={className}>
        {column.title}
      </div>
    );
  }
  const next = order === "ascending" ? `-${field}` : order === "descending" ? "" : field;
  return (
    <div role="columnheader" aria-sort={order as "none"} className={className}>
      <button type="button" className="plain" onClick={() => setUrl({ sort: next })}>
        {column.title}
        {order === "ascending" && <ArrowUp aria-label={w.sortedUp} size={14} />}
        {order === "descending" && <ArrowDown aria-label={w.sortedDown} size={14} />}
      </button>
    </div>
  );
}

/** Arrows, Home and End lead from the link of a row to that of another. */
function moveBetweenRows(
  event: KeyboardEvent<HTMLDivElement>,
  count: number,
  focusRow: (index: number) => void,
) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const active = document.activeElement;
  if (active instanceof HTMLInputElement || active instanceof HTMLSelectElement) return;
  const at = Number(active?.closest<HTMLElement>("[data-index]")?.dataset.index ?? Number.NaN);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[event.key];
  if (Number.isNaN(at) || to === undefined || to < 0 || to >= count) return;
  event.preventDefault();
  focusRow(to);
}
