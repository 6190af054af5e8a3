import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { notify } from "./notices";

/** Text to be copied by a button. */
export function Copy({ text, label, secret }: { text: string; label: string; secret?: boolean }) {
  const w = useText(words);
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      notify(w.notCopied);
      return;
    }
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <div className="copy">
      <code>{secret ? `${text.slice(0, 24)}…` : text}</code>
      <button type="button" onClick={() => void copy()} aria-label={`${w.copy}: ${label}`}>
        {done ? <Check aria-hidden size={16} /> : <CopyIcon aria-hidden size={16} />}
        {done ? w.copied : w.copy}
      </button>
    </div>
  );
}
