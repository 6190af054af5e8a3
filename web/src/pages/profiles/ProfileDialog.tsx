import { X } from "lucide-react";
import type { ReactNode } from "react";

import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { useUnsaved } from "../../ui/useUnsaved";
import { OriginNote } from "../own/OriginNote";
import { ownerByName } from "../own/owner";
import { Propagation } from "../rollouts/Propagation";
import { profilesText } from "./text";
import "./profiles.css";

/** What a profile says of one process, or of one file. */
interface Entry {
  key: string;
  /** How it is called where it is removed. */
  name: string;
  shown: ReactNode;
  /** What it may, or what happens. */
  verdict: string;
  remove: () => void;
}

interface Props {
  group: string;
  kind: "process profile" | "file monitor";
  entries: Entry[];
  /** Whether it says more than its entries do. */
  saysMore?: boolean;
  change: { isPending: boolean; error: unknown };
  writable: boolean;
  /** Adds what the fields say, and tells when it is there. */
  onAdd: (onAdded: () => void) => void;
  onClose: () => void;
  /** Above the entries. */
  above?: ReactNode;
  /** The fields of a new entry. */
  children: ReactNode;
}

/** The profile of a group: its entries, each of which is added and removed by itself. */
export function ProfileDialog({
  group,
  kind,
  entries,
  saysMore,
  change,
  writable,
  onAdd,
  onClose,
  above,
  children,
}: Props) {
  const t = useText(profilesText);
  const { close, onType, onSaved, warning } = useUnsaved(onClose, false);
  return (
    <Dialog title={group} place="side" onClose={close}>
      {above}
      {entries.length > 0 && (
        <ul className="entries">
          {entries.map(({ key, name, shown, verdict, remove }) => (
            <li key={key}>
              <span>{shown}</span>
              <span className="tag">{verdict}</span>
              {writable && (
                <button
                  type="button"
                  className="plain"
                  aria-label={t.removeEntry(name)}
                  disabled={change.isPending}
                  onClick={remove}
                >
                  <X aria-hidden size={16} />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {entries.length === 0 && <p className="hint">{t.noEntries}</p>}
      <Refusal error={change.error} />
      {writable && (
        <form
          className="form two"
          onChange={onType}
          onSubmit={(event) => {
            event.preventDefault();
            onAdd(onSaved);
          }}
        >
          <h3 className="whole">{t.addTitle}</h3>
          {children}
          {warning && <div className="whole">{warning}</div>}
          <div className="actions">
            <button type="submit" className="primary" disabled={change.isPending}>
              {t.add}
            </button>
          </div>
        </form>
      )}
      <OriginNote of={ownerByName(group)} />
      {/* Nobody is sent a profile that says nothing. */}
      {(saysMore || entries.length > 0) && <Propagation kind={kind} name={group} />}
    </Dialog>
  );
}

/** A choice among what entries may say. */
export function Verdicts({
  of,
  ...select
}: {
  of: Record<string, string>;
  value: string;
  onChange: React.ChangeEventHandler<HTMLSelectElement>;
}) {
  return (
    <select {...select}>
      {Object.entries(of).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
