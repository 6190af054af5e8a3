import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import "./picker.css";

export interface Choice {
  id: string;
  text: string;
  beside?: ReactNode;
}

interface Props {
  label: string;
  hint?: string;
  none: string;
  choices: Choice[];
  /** Whether more choices are on their way. */
  loading?: boolean;
  /** Whether what is on its way may be what is meant, though something fits already. */
  patient?: boolean;
  /** What was typed, where the owner searches by it too. */
  onType?: (text: string) => void;
  onPick: (id: string) => void;
}

const ROW_PX = 40;

/** A field that finds one of many choices; arrows and Enter pick it. */
export function Picker(props: Props) {
  const { label, hint, none, choices, loading = false, patient = false, onType, onPick } = props;
  const w = useText(words);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const base = useId();
  const wanted = text.trim().toLowerCase();
  const found = choices.filter((choice) => choice.text.toLowerCase().includes(wanted));
  const active = Math.min(at, found.length - 1);
  const virtualizer = useVirtualizer({
    count: found.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_PX,
    overscan: 5,
  });
  // Who knows what they want does not wait for it to be listed.
  const [eager, setEager] = useState(false);
  const first = found[active]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes is picked once
  useEffect(() => {
    if (!eager || (loading && (patient || first === undefined))) return;
    setEager(false);
    if (first !== undefined) onPick(first);
  }, [eager, first, loading, patient]);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(found.length - 1, to));
    setAt(next);
    virtualizer.scrollToIndex(next);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(active + 1);
    else if (event.key === "ArrowUp") move(active - 1);
    else if (event.key === "Enter") setEager(true);
    else return;
    event.preventDefault();
  };
  return (
    <div className="picker">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${base}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found[active] && `${base}-${active}`}
        placeholder={hint ?? label}
        value={text}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          setEager(false);
          onType?.(event.target.value);
        }}
        onKeyDown={onKey}
      />
      <div className="picker-scroll" ref={list}>
        <div
          id={`${base}-list`}
          role="listbox"
          aria-label={label}
          className="picker-list"
          style={{ height: virtualizer.getTotalSize() }}
        >
          {virtualizer.getVirtualItems().map((item) => {
            const choice = found[item.index];
            if (!choice) return null;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field, which names the active option
              <div
                key={item.key}
                id={`${base}-${item.index}`}
                role="option"
                tabIndex={-1}
                aria-selected={item.index === active}
                aria-posinset={item.index + 1}
                aria-setsize={found.length}
                className="picker-option"
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onPick(choice.id)}
              >
                <span title={choice.text}>{choice.text}</span>
                {choice.beside}
              </div>
            );
          })}
        </div>
        <p className="hint" role="status">
          {found.length === 0 && (loading ? w.loading : none)}
        </p>
      </div>
    </div>
  );
}
