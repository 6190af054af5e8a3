import type { ReactNode } from "react";

import { useUrl } from "../routing/search";

/** In a list, what opens its row: `open` is how the URL names it. */
export function Opener({ open, children }: { open: string; children: ReactNode }) {
  const [, setUrl] = useUrl();
  return (
    <button type="button" className="link" onClick={() => setUrl({ open }, { push: true })}>
      {children}
    </button>
  );
}
