import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { Notices } from "./Notices";

interface Props {
  title: string;
  onClose: () => void;
  /** `side`: a panel at the edge, beside which the list stays in sight. */
  place?: "middle" | "side";
  children: ReactNode;
}

/** A dialog above the page; the browser keeps the focus inside. */
export function Dialog({ title, onClose, place = "middle", children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const w = useText(words);
  useEffect(() => {
    const element = dialog.current;
    if (!element || element.open) return;
    const before = document.activeElement;
    element.showModal();
    const field = ":is(input, select, textarea):not(:disabled, .hidden)";
    element.querySelector<HTMLElement>(`.dialog-body ${field}`)?.focus();
    return () => giveFocusBack(before);
  }, []);
  return (
    <dialog
      ref={dialog}
      className={place}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A browser that is asked twice closes it all the same.
      onClose={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" className="plain" aria-label={w.close} onClick={onClose}>
          <X aria-hidden size={20} />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
      {/* Nothing below a dialog can be clicked or is read out. */}
      <Notices />
    </dialog>
  );
}

/** To where it was before a dialog; to the page where that is gone meanwhile. */
function giveFocusBack(before: Element | null) {
  const isThere = before?.isConnected && before !== document.body;
  const target = isThere ? before : document.getElementById("content");
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}
