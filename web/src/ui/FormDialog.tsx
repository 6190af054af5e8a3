import { type ReactNode, useState } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { ConfirmByName } from "./ConfirmByName";
import { Dialog } from "./Dialog";
import { Refusal } from "./Failure";
import { Typing, useUnsaved } from "./useUnsaved";

/** A change as `useChange` gives it. */
interface Change {
  mutate: () => void;
  isPending: boolean;
  error: unknown;
}

interface Removal {
  change: Change;
  title: string;
  /** What has to be typed. */
  name: string;
  /** The word of the buttons. */
  action: string;
  /** What will happen. */
  text: string;
}

/** Asked for before what is filled in is saved. */
interface Confirmation {
  title: string;
  /** What has to be typed. */
  name: string;
  /** What will happen. */
  children: ReactNode;
}

interface Props {
  title: string;
  /** What of it the form changes, as the server has it now: somebody else may change it meanwhile. */
  now?: unknown;
  place?: "middle" | "side";
  save: Change;
  /** The word of the button that saves, and of it while that goes on. */
  action?: string;
  busyAction?: string;
  /** Where saving cannot be taken back. */
  confirmation?: Confirmation | undefined;
  /** Whether what is filled in can be saved, beside what the fields demand. */
  ready?: boolean;
  /** What is missing until then, in words. */
  lacks?: string;
  /** Whether the caller may change it; else the form only shows. */
  writable?: boolean;
  /** How it is removed, where it can be. */
  removal?: Removal | undefined;
  onClose: () => void;
  /** The fields. */
  children: ReactNode;
  /** Below the form: what is changed by itself. */
  below?: ReactNode;
}

/** A form above the page that saves one thing, or removes it by its typed name. */
export function FormDialog({
  title,
  now,
  place = "side",
  save,
  action,
  busyAction,
  confirmation,
  ready = true,
  lacks,
  writable = true,
  removal,
  onClose,
  children,
  below,
}: Props) {
  const w = useText(words);
  const [removing, setRemoving] = useState(false);
  const [confirming, setConfirming] = useState(false);
  const [before] = useState(() => JSON.stringify(now));
  const isOther = JSON.stringify(now) !== before;
  const saving = save.isPending || (removal?.change.isPending ?? false);
  const { close, onType, warning } = useUnsaved(onClose, saving);
  if (removing && removal) {
    return (
      <ConfirmByName
        title={removal.title}
        name={removal.name}
        action={removal.action}
        busy={removal.change.isPending}
        error={removal.change.error}
        onConfirm={() => removal.change.mutate()}
        onClose={() => setRemoving(false)}
      >
        <p>{removal.text}</p>
      </ConfirmByName>
    );
  }
  if (confirming && confirmation) {
    const { children: what, ...asked } = confirmation;
    return (
      <ConfirmByName
        {...asked}
        action={action ?? w.save}
        busy={save.isPending}
        error={save.error}
        onConfirm={() => save.mutate()}
        onClose={() => setConfirming(false)}
      >
        {what}
      </ConfirmByName>
    );
  }
  return (
    <Dialog title={title} place={place} onClose={close}>
      <form
        className="form"
        onChange={onType}
        onSubmit={(event) => {
          event.preventDefault();
          if (confirmation) setConfirming(true);
          else save.mutate();
        }}
      >
        <fieldset className="bare" disabled={!writable}>
          <Typing value={onType}>{children}</Typing>
        </fieldset>
        <Refusal error={save.error} />
        {isOther && writable && !saving && (
          <p role="status" className="reminder">
            {w.changedMeanwhile}
          </p>
        )}
        {warning}
        {writable && (
          <div className="actions">
            {!ready && lacks && <span className="hint">{lacks}</span>}
            {removal && (
              <button type="button" onClick={() => setRemoving(true)}>
                {removal.action}
              </button>
            )}
            {/* Not disabled while it goes on: whoever is refused is still at it. */}
            <button
              type="submit"
              className="primary"
              disabled={!ready}
              aria-disabled={save.isPending || undefined}
            >
              {save.isPending ? (busyAction ?? w.saving) : (action ?? w.save)}
            </button>
          </div>
        )}
      </form>
      {below}
    </Dialog>
  );
}
