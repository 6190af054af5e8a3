import { X } from "lucide-react";
import { useState } from "react";

import { patch, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { Propagation } from "../rollouts/Propagation";
import type { ProcessProfile } from "./Profiles";
import { profilesText } from "./text";
import "./profiles.css";

interface Props {
  profile: ProcessProfile;
  writable: boolean;
  onClose: () => void;
}

type Change = Omit<Schema<"ProcessProfileConfig">, "group">;

/** The processes that the members of a group may or may not run. */
export function ProcessDialog({ profile, writable, onClose }: Props) {
  const t = useText(profilesText);
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const [action, setAction] = useState("allow");
  const group = profile.group ?? "";
  const put = (said: Change) =>
    patch(
      "/v1/process_profile/{name}",
      { process_profile_config: { group, ...said } },
      { path: { name: group } },
    );
  const change = useChange(put, {
    done: t.saved,
    undo: ({ process_delete_list: removed }) =>
      removed ? () => put({ process_change_list: removed }) : undefined,
    onDone: () => {
      setName("");
      setPath("");
    },
  });
  return (
    <Dialog title={group} place="side" onClose={onClose}>
      <Field label={t.baseline}>
        <select
          value={profile.baseline ?? ""}
          disabled={!writable || change.isPending}
          onChange={(event) => change.mutate({ baseline: event.target.value })}
        >
          {!["basic", "zero-drift"].includes(profile.baseline ?? "") && (
            <option value={profile.baseline ?? ""}>{profile.baseline || "–"}</option>
          )}
          <option value="basic">{t.baselines.basic}</option>
          <option value="zero-drift">{t.baselines["zero-drift"]}</option>
        </select>
      </Field>
      <ul className="entries">
        {(profile.process_list ?? []).map((entry) => (
          <li key={`${entry.name} ${entry.path}`}>
            <span>
              <b>{entry.name}</b> <code>{entry.path}</code>
            </span>
            <span className="tag">
              {t.actions[entry.action as keyof typeof t.actions] ?? entry.action}
            </span>
            {writable && (
              <button
                type="button"
                className="plain"
                aria-label={t.removeEntry(entry.name || (entry.path ?? ""))}
                onClick={() =>
                  change.mutate({
                    process_delete_list: [
                      {
                        name: entry.name ?? "",
                        path: entry.path ?? "",
                        action: entry.action ?? "",
                        group,
                        allow_update: entry.allow_update ?? false,
                      },
                    ],
                  })
                }
              >
                <X aria-hidden size={16} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {(profile.process_list ?? []).length === 0 && <p className="hint">{t.noEntries}</p>}
      <Refusal error={change.error} />
      {writable && (
        <form
          className="form two"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({
              process_change_list: [{ name, path, action, group, allow_update: false }],
            });
          }}
        >
          <h3 className="whole">{t.addTitle}</h3>
          <Field label={t.process}>
            <input value={name} onChange={(event) => setName(event.target.value)} required />
          </Field>
          <Field label={t.path} hint={t.pathHint}>
            <input value={path} onChange={(event) => setPath(event.target.value)} />
          </Field>
          <Field label={t.action}>
            <select value={action} onChange={(event) => setAction(event.target.value)}>
              {Object.entries(t.actions).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </Field>
          <div className="actions">
            <button type="submit" className="primary" disabled={change.isPending}>
              {t.add}
            </button>
          </div>
        </form>
      )}
      {/* Nobody is sent a profile that says nothing. */}
      {(profile.baseline || (profile.process_list ?? []).length > 0) && (
        <Propagation kind="process profile" name={group} />
      )}
    </Dialog>
  );
}
