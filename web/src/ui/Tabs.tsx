import { Link } from "@tanstack/react-router";

import { useUrl } from "../routing/search";

type Tab = [id: string, text: string, count?: string | undefined];

interface Props {
  label: string;
  tabs: Tab[];
}

/** The tab in the URL; the first where none is. */
export function useTab(tabs: Tab[]): string {
  const [url] = useUrl();
  const known = tabs.find(([id]) => id === url.tab) ?? tabs[0];
  return known?.[0] ?? "";
}

/** Parts of a page, one at a time, the choice in the URL. */
export function Tabs({ label, tabs }: Props) {
  const current = useTab(tabs);
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(([id, text, count]) => (
        // What filters one of them says nothing of another.
        <Link
          key={id}
          to={"." as never}
          search={{ tab: id } as never}
          resetScroll={false}
          aria-current={id === current ? "page" : undefined}
        >
          {text} {count !== undefined && <span className="tab-count">{count}</span>}
        </Link>
      ))}
    </nav>
  );
}
