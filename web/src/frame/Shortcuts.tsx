import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { Palette } from "./Palette";
import { PAGES, pageNames } from "./pages";
import { frameText } from "./text";

/** A letter counts as a second key for so long after `g`. */
const CHORD_MS = 1_000;
/** When `g` was not pressed: moments are counted from when the page was opened. */
const NEVER = Number.NEGATIVE_INFINITY;

function isTyping(target: EventTarget | null) {
  return (
    target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]")
  );
}

/** Keys that work everywhere. */
export function Shortcuts({
  palette,
  onPalette,
}: {
  palette: boolean;
  onPalette: (open: boolean) => void;
}) {
  const [help, setHelp] = useState(false);
  const chord = useRef(NEVER);
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette(true);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const page = PAGES.find((one) => one.key === event.key);
      if (page && event.timeStamp - chord.current < CHORD_MS) {
        chord.current = NEVER;
        void navigate({ to: page.to as never });
        return;
      }
      if (event.key === "g") chord.current = event.timeStamp;
      if (event.key === "?") setHelp(true);
      if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) {
          event.preventDefault();
          filter.focus();
        }
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, onPalette]);
  return (
    <>
      {palette && <Palette onClose={() => onPalette(false)} />}
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

function Help({ onClose }: { onClose: () => void }) {
  const t = useText(frameText);
  const names = useText(pageNames);
  const keys: [string, string][] = [
    ["Ctrl K", t.keys.palette],
    ["/", t.keys.filter],
    ["↑ ↓", t.keys.rows],
    ["?", t.keys.help],
    ...PAGES.map((page): [string, string] => [`g ${page.key}`, t.keys.go(names[page.id])]),
  ];
  return (
    <Dialog title={t.shortcuts} onClose={onClose}>
      <dl className="keys">
        {keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
