import { X } from "lucide-react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { dismiss, useNotices } from "./notices";

/** Where messages about what was done appear, and are read out. */
export function Notices() {
  const w = useText(words);
  return (
    <div className="notices" role="status" aria-live="polite">
      {useNotices().map((notice) => (
        <div key={notice.id} className="notice">
          {notice.text}
          {notice.undo && (
            <button
              type="button"
              onClick={() => {
                dismiss(notice.id);
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
            onClick={() => dismiss(notice.id)}
          >
            <X aria-hidden size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
