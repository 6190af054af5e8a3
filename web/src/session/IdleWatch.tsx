import { useEffect, useRef, useState } from "react";

import { remove } from "../api/client";
import { frameText } from "../frame/text";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { useSelf } from "./permissions";
import { session } from "./session";
import { signOut } from "./sign-out";

/** The warning comes so long before the end. */
const WARN_SECONDS = 60;
const SIGNS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/**
 * Ends the session of somebody who went away. Pages refresh themselves, which
 * keeps a session alive at the primary, so the portal watches the person.
 */
export function IdleWatch() {
  const user = useSelf().data?.user;
  const timeout = user?.timeout ?? 0;
  const t = useText(frameText);
  const seen = useRef(Date.now());
  const [left, setLeft] = useState<number>();

  useEffect(() => {
    if (!timeout) return;
    const note = () => {
      seen.current = Date.now();
    };
    for (const sign of SIGNS) window.addEventListener(sign, note, { passive: true });
    const timer = setInterval(() => {
      const seconds = timeout - Math.round((Date.now() - seen.current) / 1_000);
      if (seconds <= 0) {
        session.end("idle");
        void remove("/v1/auth").catch(() => undefined);
      } else setLeft(seconds <= Math.min(WARN_SECONDS, timeout / 2) ? seconds : undefined);
    }, 1_000);
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, note);
      clearInterval(timer);
    };
  }, [timeout]);

  if (left === undefined) return null;
  const stay = () => {
    seen.current = Date.now();
    setLeft(undefined);
  };
  return (
    <Dialog title={t.idleTitle} onClose={stay}>
      <p>{t.idle(left)}</p>
      <div className="actions">
        <button type="button" onClick={() => void signOut(user?.server)}>
          {t.signOut}
        </button>
        <button type="button" className="primary" onClick={stay} autoFocus>
          {t.stay}
        </button>
      </div>
    </Dialog>
  );
}
