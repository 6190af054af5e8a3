import { useState } from "react";

import { get, patch, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Field, Switch } from "../../ui/Field";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { ProfileDialog, Verdicts } from "./ProfileDialog";
import type { FileProfile } from "./Profiles";
import { profilesText } from "./text";

interface Props {
  profile: FileProfile;
  writable: boolean;
  onClose: () => void;
}

/** The files of a group that are watched. */
export function FileDialog({ profile, writable, onClose }: Props) {
  const t = useOwnedText(useText(profilesText));
  const { cluster, target } = useOwner();
  const [filter, setFilter] = useState("");
  const [recursive, setRecursive] = useState(false);
  const [behavior, setBehavior] = useState("monitor_change");
  const [applications, setApplications] = useState("");
  const group = profile.group ?? "";
  const path = { name: group };
  const put = (config: Schema<"FileMonitorConfig">) =>
    patch("/v1/file_monitor/{name}", { config }, { ...target, path });
  const change = useChange(put, {
    done: t.saved,
    read: async ({ delete_filters: removed }) => {
      const { profile: now } = await get("/v1/file_monitor/{name}", { path, cluster });
      return now.filters?.filter(({ filter }) => removed?.some((one) => one.filter === filter));
    },
    undo: ({ delete_filters: removed }) =>
      removed ? () => put({ add_filters: removed }) : undefined,
  });
  // Of the fields, only what was added leaves them: another change may come between.
  const add = (onAdded: () => void) => {
    const names = applications.split(",").map((name) => name.trim());
    change.mutate(
      {
        add_filters: [{ filter, recursive, behavior, applications: names.filter(Boolean), group }],
      },
      {
        onSuccess: () => {
          setFilter("");
          setApplications("");
          onAdded();
        },
      },
    );
  };
  const entries = (profile.filters ?? []).map((said) => {
    const { filter = "", recursive = false, behavior = "", applications = [] } = said;
    const hint = [recursive && t.recursive, applications.join(", ")].filter(Boolean).join(" · ");
    return {
      key: filter,
      name: filter,
      shown: (
        <>
          <code>{filter}</code>
          <span className="hint">{hint}</span>
        </>
      ),
      verdict: t.behaviors[behavior as keyof typeof t.behaviors] ?? behavior,
      remove: () =>
        change.mutate({ delete_filters: [{ filter, recursive, behavior, applications, group }] }),
    };
  });
  return (
    <ProfileDialog
      group={group}
      kind="file monitor"
      entries={entries}
      change={change}
      writable={writable}
      onAdd={add}
      onClose={onClose}
    >
      <Field label={t.filter} hint={t.pathHint}>
        <input
          value={filter}
          placeholder="/etc/passwd"
          onChange={(event) => setFilter(event.target.value)}
          required
        />
      </Field>
      <Field label={t.behavior}>
        <Verdicts
          of={t.behaviors}
          value={behavior}
          onChange={(event) => setBehavior(event.target.value)}
        />
      </Field>
      <Field label={t.applications} hint={t.applicationsHint}>
        <input value={applications} onChange={(event) => setApplications(event.target.value)} />
      </Field>
      <Switch label={t.recursive} checked={recursive} onChange={setRecursive} />
    </ProfileDialog>
  );
}
