import { Link } from "@tanstack/react-router";

import { useUrl } from "../routing/search";

interface Props {
  label: string;
  tabs: [id: string, text: string][];
}

/** The tab in the URL; the first where none is. */
export function useTab(tabs: [id: string, text: string][]): string {
  const [url] = useUrl();
  const known = tabs.find(([id]) => id === url.tab) ?? tabs[0];
  return known?.[0] ?? "";
}

/** Parts of a page, one at a time, the choice in the URL. */
export function Tabs({ label, tabs }: Props) {
  const current = useTab(tabs);
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(([id, text]) => (
        // What filters one of them says nothing of another.
        <Link
          key={id}
          to={"." as never}
          search={{ tab: id } as never}
          resetScroll={false}
          aria-current={id === current ? "page" : undefined}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
