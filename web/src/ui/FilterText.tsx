import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { type SearchKey, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { words } from "../text/words";

/** After so long without a key the list is asked for again. */
const PAUSE_MS = 200;

interface Props {
  label?: string;
  /** Where the URL keeps the text, of a list that has two. */
  of?: SearchKey;
}

/** A text filter of a list; `/` leads to the first. */
export function FilterText({ label, of = "q" }: Props) {
  const [url, setUrl] = useUrl();
  const w = useText(words);
  const [text, setText] = useState(url[of] ?? "");
  const shown = url[of] ?? "";

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
      setUrl({ [of]: text });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, shown, of, setUrl]);

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
