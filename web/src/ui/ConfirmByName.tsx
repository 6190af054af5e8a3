import { type ReactNode, useState } from "react";

import { useText } from "../text/language";
import { seen } from "../text/turns";
import { words } from "../text/words";
import { Dialog } from "./Dialog";
import { Refusal } from "./Failure";
import { Field } from "./Field";

interface Props {
  title: string;
  /** What has to be typed. */
  name: string;
  /** The button's word. */
  action: string;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
  /** What will happen. */
  children: ReactNode;
}

/** Asks for the name of what is to be removed. */
export function ConfirmByName({
  title,
  name,
  action,
  busy,
  error,
  onConfirm,
  onClose,
  children,
}: Props) {
  const w = useText(words);
  const [typed, setTyped] = useState("");
  // Signs that nobody types stand there as their codes.
  const fits = typed === name || typed === seen(name);
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (fits) onConfirm();
        }}
      >
        <div>{children}</div>
        <Field label={w.typeToConfirm(name)}>
          <input
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            autoFocus
          />
        </Field>
        <Refusal error={error} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            {w.cancel}
          </button>
          <button type="submit" className="danger" disabled={!fits || busy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
