import { Plus } from "lucide-react";

import { type Search, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { words } from "../text/words";

/** Opens the dialog of a page that makes something new. */
export function AddButton({ text, url }: { text: string; url?: Search }) {
  const [, setUrl] = useUrl();
  return (
    <button
      type="button"
      className="primary"
      onClick={() => setUrl({ open: "new", ...url }, { push: true })}
    >
      <Plus aria-hidden size={18} /> {text}
    </button>
  );
}

/** In the place of an empty list: what {@link AddButton} does, in words of its own where nothing
 * is made. */
export function FirstButton({ text, url }: { text?: string; url?: Search }) {
  const w = useText(words);
  const [, setUrl] = useUrl();
  return (
    <button type="button" onClick={() => setUrl({ open: "new", ...url }, { push: true })}>
      {text ?? w.makeFirst}
    </button>
  );
}
