import { useState } from "react";

import { get, patch, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import { Facts } from "../../ui/Page";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { ProfileDialog, Verdicts } from "./ProfileDialog";
import type { ProcessProfile } from "./Profiles";
import { profilesText } from "./text";

interface Props {
  profile: ProcessProfile;
  writable: boolean;
  onClose: () => void;
}

type Entry = Schema<"ProcessProfileEntry">;
type Change = Omit<Schema<"ProcessProfileConfig">, "group">;

/** What a profile says of the processes that a change is about. */
function among(said: Change, { process_list: all }: ProcessProfile) {
  const about = [...(said.process_change_list ?? []), ...(said.process_delete_list ?? [])];
  return (all ?? []).filter(({ name, path }) =>
    about.some((one) => one.name === name && one.path === path),
  );
}

/** The processes that the members of a group may or may not run. */
export function ProcessDialog({ profile, writable, onClose }: Props) {
  const t = useOwnedText(useText(profilesText));
  const { cluster, target } = useOwner();
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const [action, setAction] = useState("allow");
  const group = profile.group ?? "";
  // Of a cluster's own group: federated ones have none.
  const baseline = profile.baseline ?? "";
  const put = (said: Change) =>
    patch(
      "/v1/process_profile/{name}",
      { process_profile_config: { group, ...said } },
      { ...target, path: { name: group } },
    );
  const sent = ({ name = "", path = "", action = "", allow_update = false }: Entry) => ({
    ...{ name, path, action, allow_update },
    group,
  });
  const change = useChange(put, {
    done: t.saved,
    federated: !cluster,
    read: async (said) => {
      const of = { path: { name: group }, cluster };
      return among(said, (await get("/v1/process_profile/{name}", of)).process_profile);
    },
    undo: (said) => {
      const were = among(said, profile);
      const added = were.length === 0 && said.process_change_list;
      return () =>
        put(added ? { process_delete_list: added } : { process_change_list: were.map(sent) });
    },
  });
  // Of the fields, only what was added leaves them: another change may come between.
  const add = (onAdded: () => void) =>
    change.mutate(
      { process_change_list: [{ name, path, action, group, allow_update: false }] },
      {
        onSuccess: () => {
          setName("");
          setPath("");
          onAdded();
        },
      },
    );
  const entries = (profile.process_list ?? []).map((said) => {
    const { name = "", path = "", action = "" } = said;
    return {
      key: `${name} ${path}`,
      name: name || path,
      shown: (
        <>
          <b>{name}</b> <code>{path}</code>
        </>
      ),
      verdict: t.actions[action as keyof typeof t.actions] ?? action,
      remove: () => change.mutate({ process_delete_list: [sent(said)] }),
    };
  });
  return (
    <ProfileDialog
      group={group}
      kind="process profile"
      entries={entries}
      saysMore={baseline !== ""}
      change={change}
      writable={writable}
      onAdd={add}
      onClose={onClose}
      above={
        baseline && (
          <Facts
            of={[[t.baseline, t.baselines[baseline as keyof typeof t.baselines] ?? baseline]]}
          />
        )
      }
    >
      <Field label={t.process}>
        <input value={name} onChange={(event) => setName(event.target.value)} required />
      </Field>
      <Field label={t.path} hint={t.pathHint}>
        <input value={path} onChange={(event) => setPath(event.target.value)} />
      </Field>
      <Field label={t.action}>
        <Verdicts
          of={t.actions}
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
      </Field>
    </ProfileDialog>
  );
}
