import { Link, useLocation } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { useSelf } from "../session/permissions";
import { useText } from "../text/language";
import { isFor, PAGES, pageNames, SECTIONS } from "./pages";
import { frameText } from "./text";

const KEY = "palisade.rail";

/** The menu of pages that the caller may see. */
export function Rail({ open, onFollow }: { open: boolean; onFollow: () => void }) {
  const t = useText(frameText);
  const names = useText(pageNames);
  const self = useSelf().data;
  const [narrow, setNarrow] = useState(() => localStorage.getItem(KEY) === "narrow");
  const rail = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // The menu may be longer than the screen is high: where one is must be seen in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page, or a menu that opens
  useEffect(() => {
    rail.current
      ?.querySelector("[aria-current=page]")
      ?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }, [pathname, open, self]);
  const change = () => {
    localStorage.setItem(KEY, narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  return (
    <nav
      id="rail"
      ref={rail}
      className={`rail${narrow ? " narrow" : ""}${open ? " open" : ""}`}
      aria-label={t.navigation}
    >
      {SECTIONS.map((section) => {
        const pages = PAGES.filter(
          (page) => page.section === section && (self ? isFor(page, self) : !page.needs),
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
