import { Plus, X } from "lucide-react";
import { Fragment, type ReactNode, useRef } from "react";

import { useTyping } from "./useUnsaved";
import { WrittenOut } from "./WrittenOut";

/** The parts of a row: `put` changes it. */
type Parts<Row> = (row: Row, put: (next: Row) => void, at: number) => ReactNode;

interface Props<Row> {
  rows: Row[];
  onChange: (rows: Row[]) => void;
  /** How the parts of a row lie beside each other. */
  className: string;
  /** Before the button that removes it, and after that. */
  children: Parts<Row>;
  more?: Parts<Row>;
  /** What a new row says; without, none can be added. */
  blank: Row | undefined;
  add: string;
  remove: (at: number) => string;
  /** Whether one of them stays. */
  needed?: boolean;
}

/** Fields in rows that come and go. */
export function Rows<Row extends object>(props: Props<Row>) {
  const { rows, onChange, className, children, more, blank, add, remove, needed = false } = props;
  const typing = useTyping();
  const become = (next: Row[]) => {
    typing();
    onChange(next);
  };
  const adder = useRef<HTMLButtonElement>(null);
  const drop = (at: number) => {
    // The button goes with the last row, and that of the one that stays cannot be pressed: the
    // keyboard goes on where rows are added.
    const rests = needed && rows.length === 2;
    if (rests || at === rows.length - 1) adder.current?.focus();
    become(rows.filter((_, index) => index !== at));
  };
  return (
    <>
      {rows.map((row, at) => {
        const put = (next: Row) => onChange(rows.map((one, index) => (index === at ? next : one)));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place while it is typed
          <Fragment key={at}>
            <div className={className}>
              {children(row, put, at)}
              <button
                type="button"
                className="plain"
                aria-label={remove(at)}
                disabled={needed && rows.length === 1}
                onClick={() => drop(at)}
              >
                <X aria-hidden size={16} />
              </button>
              {more?.(row, put, at)}
            </div>
            <WrittenOut of={Object.values(row)} />
          </Fragment>
        );
      })}
      <div>
        <button
          ref={adder}
          type="button"
          disabled={blank === undefined}
          onClick={() => blank !== undefined && become([...rows, blank])}
        >
          <Plus aria-hidden size={16} /> {add}
        </button>
      </div>
    </>
  );
}
