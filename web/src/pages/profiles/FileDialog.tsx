import { X } from "lucide-react";
import { useState } from "react";

import { patch, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Field, Switch } from "../../ui/Field";
import { Propagation } from "../rollouts/Propagation";
import type { FileProfile } from "./Profiles";
import { profilesText } from "./text";
import "./profiles.css";

interface Props {
  profile: FileProfile;
  writable: boolean;
  onClose: () => void;
}

/** The files of a group that are watched. */
export function FileDialog({ profile, writable, onClose }: Props) {
  const t = useText(profilesText);
  const [filter, setFilter] = useState("");
  const [recursive, setRecursive] = useState(false);
  const [behavior, setBehavior] = useState("monitor_change");
  const [applications, setApplications] = useState("");
  const group = profile.group ?? "";
  const put = (config: Schema<"FileMonitorConfig">) =>
    patch("/v1/file_monitor/{name}", { config }, { path: { name: group } });
  const change = useChange(put, {
    done: t.saved,
    undo: ({ delete_filters: removed }) =>
      removed ? () => put({ add_filters: removed }) : undefined,
    onDone: () => setFilter(""),
  });
  return (
    <Dialog title={group} place="side" onClose={onClose}>
      <ul className="entries">
        {(profile.filters ?? []).map((entry) => (
          <li key={entry.filter}>
            <span>
              <code>{entry.filter}</code>
              <span className="hint">
                {[entry.recursive && t.recursive, (entry.applications ?? []).join(", ")]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            <span className="tag">
              {t.behaviors[entry.behavior as keyof typeof t.behaviors] ?? entry.behavior}
            </span>
            {writable && (
              <button
                type="button"
                className="plain"
                aria-label={t.removeEntry(entry.filter ?? "")}
                onClick={() =>
                  change.mutate({
                    delete_filters: [
                      {
                        filter: entry.filter ?? "",
                        recursive: entry.recursive ?? false,
                        behavior: entry.behavior ?? "",
                        applications: entry.applications ?? [],
                        group,
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
      {(profile.filters ?? []).length === 0 && <p className="hint">{t.noEntries}</p>}
      <Refusal error={change.error} />
      {writable && (
        <form
          className="form two"
          onSubmit={(event) => {
            event.preventDefault();
            const names = applications.split(",").map((name) => name.trim());
            change.mutate({
              add_filters: [
                { filter, recursive, behavior, applications: names.filter(Boolean), group },
              ],
            });
          }}
        >
          <h3 className="whole">{t.addTitle}</h3>
          <Field label={t.filter} hint={t.pathHint}>
            <input
              value={filter}
              placeholder="/etc/passwd"
              onChange={(event) => setFilter(event.target.value)}
              required
            />
          </Field>
          <Field label={t.behavior}>
            <select value={behavior} onChange={(event) => setBehavior(event.target.value)}>
              {Object.entries(t.behaviors).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t.applications} hint={t.applicationsHint}>
            <input value={applications} onChange={(event) => setApplications(event.target.value)} />
          </Field>
          <Switch label={t.recursive} checked={recursive} onChange={setRecursive} />
          <div className="actions">
            <button type="submit" className="primary" disabled={change.isPending}>
              {t.add}
            </button>
          </div>
        </form>
      )}
      {/* Nobody is sent a profile that says nothing. */}
      {(profile.filters ?? []).length > 0 && <Propagation kind="file monitor" name={group} />}
    </Dialog>
  );
}
