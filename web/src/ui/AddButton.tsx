import { Plus } from "lucide-react";

import { type Search, useUrl } from "../routing/search";

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
