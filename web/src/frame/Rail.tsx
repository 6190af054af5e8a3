import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";

import { useMay } from "../session/permissions";
import { useText } from "../text/language";
import { PAGES, pageNames, SECTIONS } from "./pages";
import { frameText } from "./text";

const KEY = "palisade.rail";

/** The menu of pages that the caller may see. */
export function Rail({ open, onFollow }: { open: boolean; onFollow: () => void }) {
  const t = useText(frameText);
  const names = useText(pageNames);
  const may = useMay();
  const [narrow, setNarrow] = useState(() => localStorage.getItem(KEY) === "narrow");
  const change = () => {
    localStorage.setItem(KEY, narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  return (
    <nav
      id="rail"
      className={`rail${narrow ? " narrow" : ""}${open ? " open" : ""}`}
      aria-label={t.navigation}
    >
      {SECTIONS.map((section) => {
        const pages = PAGES.filter(
          (page) => page.section === section && (!page.needs || may(page.needs, "read")),
        );
        if (pages.length === 0) return null;
        return (
          <div key={section} className="rail-section">
            <p id={`rail-${section}`}>{t.sections[section]}</p>
            <ul aria-labelledby={`rail-${section}`}>
              {pages.map(({ id, to, icon: Icon }) => (
                <li key={id}>
                  <Link
                    to={to as never}
                    activeOptions={{ exact: to === "/", includeSearch: false }}
                    title={narrow ? names[id] : undefined}
                    onClick={onFollow}
                  >
                    <Icon aria-hidden size={18} />
                    <span>{names[id]}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      <button type="button" className="plain rail-fold" aria-pressed={narrow} onClick={change}>
        {narrow ? (
          <PanelLeftOpen aria-hidden size={18} />
        ) : (
          <PanelLeftClose aria-hidden size={18} />
        )}
        <span>{t.collapse}</span>
      </button>
    </nav>
  );
}
