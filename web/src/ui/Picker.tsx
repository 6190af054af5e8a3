import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";

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
  /** What was typed, where the owner searches by it too. */
  onType?: (text: string) => void;
  onPick: (id: string) => void;
}

const ROW_PX = 40;

/** A field that finds one of many choices; arrows and Enter pick it. */
export function Picker({ label, hint, none, choices, onType, onPick }: Props) {
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
  const move = (to: number) => {
    const next = Math.max(0, Math.min(found.length - 1, to));
    setAt(next);
    virtualizer.scrollToIndex(next);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(active + 1);
    else if (event.key === "ArrowUp") move(active - 1);
    else if (event.key === "Enter") {
      const choice = found[active];
      if (choice) onPick(choice.id);
    } else return;
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
                key={choice.id}
                id={`${base}-${item.index}`}
                role="option"
                tabIndex={-1}
                aria-selected={item.index === active}
                className="picker-option"
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onPick(choice.id)}
              >
                <span>{choice.text}</span>
                {choice.beside}
              </div>
            );
          })}
        </div>
        {found.length === 0 && <p className="hint">{none}</p>}
      </div>
    </div>
  );
}
