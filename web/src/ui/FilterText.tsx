import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { useUrl } from "../routing/search";
import { useText } from "../text/language";
import { words } from "../text/words";

/** After so long without a key the list is asked for again. */
const PAUSE_MS = 200;

/** The text filter of a list; `/` leads to it. */
export function FilterText({ label }: { label?: string }) {
  const [url, setUrl] = useUrl();
  const w = useText(words);
  const [text, setText] = useState(url.q ?? "");
  const shown = url.q ?? "";

  // What comes back of one's own typing must not undo what was typed meanwhile.
  const sent = useRef(shown);
  useEffect(() => {
    if (shown === sent.current) return;
    sent.current = shown;
    setText(shown);
  }, [shown]);
  useEffect(() => {
    if (text === shown) return;
    const timer = setTimeout(() => {
      sent.current = text;
      setUrl({ q: text });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, shown, setUrl]);

  return (
    <label className="filter-text">
      <Search aria-hidden size={16} />
      <span className="hidden">{label ?? w.search}</span>
      <input
        type="search"
        data-filter
        value={text}
        placeholder={label ?? w.search}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}
