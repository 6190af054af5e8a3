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

type Config = Schema<"FileMonitorConfig">;
type Filter = NonNullable<FileProfile["filters"]>[number];

/** What a profile says of the files that a change is about. */
function among({ add_filters: added, delete_filters: removed }: Config, of: FileProfile) {
  const about = [...(added ?? []), ...(removed ?? [])];
  return (of.filters ?? []).filter(({ filter }) => about.some((one) => one.filter === filter));
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
  const put = (config: Config) => patch("/v1/file_monitor/{name}", { config }, { ...target, path });
  const sent = (said: Filter) => {
    const { filter = "", recursive = false, behavior = "", applications = [] } = said;
    return { filter, recursive, behavior, applications, group };
  };
  const change = useChange(put, {
    done: t.saved,
    federated: !cluster,
    read: async (said) =>
      among(said, (await get("/v1/file_monitor/{name}", { path, cluster })).profile),
    undo: (said) => {
      const were = among(said, profile);
      const added = were.length === 0 && said.add_filters;
      return () => put(added ? { delete_filters: added } : { add_filters: were.map(sent) });
    },
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
      remove: () => change.mutate({ delete_filters: [sent(said)] }),
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
