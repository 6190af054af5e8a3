import { Plus, X } from "lucide-react";
import { Fragment, type ReactNode, useRef } from "react";

import { useText } from "../text/language";
import { allSeen } from "../text/turns";
import { words } from "../text/words";
import { useTyping } from "./useUnsaved";

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
  const w = useText(words);
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
            {turnedIn(row).map((text) => (
              <span key={text} className="hint">
                {w.writtenOut(text)}
              </span>
            ))}
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

/** What a row says that turns its writing around, with every sign of it seen. */
function turnedIn(row: object): string[] {
  const texts = Object.values(row).filter((value) => typeof value === "string");
  return [...new Set(texts)].filter((text) => allSeen(text) !== text).map(allSeen);
}
