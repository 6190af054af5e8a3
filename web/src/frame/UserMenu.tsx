import { CircleUser } from "lucide-react";
import { type KeyboardEvent, Suspense, useRef, useState } from "react";

import { fetched } from "../routing/fetching";
import { useSelf } from "../session/permissions";
import { useText } from "../text/language";
import { frameText } from "./text";

/** A library of menus comes with it, which is as much as all else of the frame. It comes as pages do:
 * with all of the portal, where the primary was upgraded. */
const AccountMenu = fetched(() => import("./AccountMenu"), "AccountMenu");
/** Whoever comes near the button is about to open the menu; what fails now is tried again then. */
const loadAhead = () => void AccountMenu.preload?.();

/** Who is signed in, with a menu of how the portal looks, and of the way out. */
export function UserMenu() {
  const t = useText(frameText);
  const user = useSelf().data?.user;
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState<"first" | "last">();
  // Once opened it stays, so that it can give the focus back when it closes.
  const [asked, setAsked] = useState(false);
  const begin = (at: "first" | "last") => {
    // Not every browser gives the focus to a button that is clicked.
    button.current?.focus();
    loadAhead();
    setAsked(true);
    setOpen(at);
  };
  const onKey = (event: KeyboardEvent) => {
    const at = { ArrowDown: "first", ArrowUp: "last" }[event.key];
    if (!at) return;
    event.preventDefault();
    begin(at as "first" | "last");
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="account"
        aria-haspopup="menu"
        aria-expanded={open !== undefined}
        aria-label={`${t.user}: ${user?.fullname ?? ""}`}
        onPointerEnter={loadAhead}
        onFocus={loadAhead}
        onClick={() => begin("first")}
        onKeyDown={onKey}
      >
        <CircleUser aria-hidden size={20} />
        <span>{user?.fullname}</span>
      </button>
      {asked && (
        <Suspense>
          <AccountMenu button={button} open={open} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </>
  );
}
