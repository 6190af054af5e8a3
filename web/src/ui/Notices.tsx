import { X } from "lucide-react";
import { useRef } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { dismiss, useNotices } from "./notices";

/** Where messages about what was done appear, and are read out. */
export function Notices() {
  const w = useText(words);
  const all = useRef<HTMLDivElement>(null);
  // The button that was pressed goes with its message: the focus stays here.
  const close = (id: number) => {
    all.current?.focus({ preventScroll: true });
    dismiss(id);
  };
  return (
    // Of all of them, only what is new is read out: buttons come after their messages.
    <div
      ref={all}
      className="notices"
      role="status"
      aria-live="polite"
      aria-atomic={false}
      tabIndex={-1}
    >
      {useNotices().map((notice) => (
        <div key={notice.id} className="notice">
          {notice.text}
          {notice.undo && (
            <button
              type="button"
              onClick={() => {
                close(notice.id);
                notice.undo?.();
              }}
            >
              {w.undo}
            </button>
          )}
          <button
            type="button"
            className="plain"
            aria-label={w.dismiss}
            onClick={() => close(notice.id)}
          >
            <X aria-hidden size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
