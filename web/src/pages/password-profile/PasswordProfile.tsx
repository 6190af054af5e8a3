import { Fragment, useState } from "react";

import { ifStill, patchTagged, type Schema, type Target } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { NumberField } from "../../ui/NumberField";
import { Card } from "../../ui/Page";
import { passwordProfileText } from "./text";
import "./password-profile.css";

type Profile = Schema<"PwdProfile">;

/** What passwords must be like, for all users. */
export function PasswordProfile() {
  const t = useText(passwordProfileText);
  const query = useGet("/v1/password_profile");
  return (
    <Card title={t.title} wide>
      <Loaded query={query} what={t.title}>
        {({ pwd_profiles: profiles, active_profile_name: active }) => {
          const profile = profiles.find((one) => one.name === active);
          return profile && <Form key={active} profile={profile} />;
        }}
      </Loaded>
    </Card>
  );
}

/** The rules that are a number. */
type Count =
  | "min_len"
  | "min_uppercase_count"
  | "min_lowercase_count"
  | "min_digit_count"
  | "min_special_count"
  | "password_expire_after_days"
  | "password_keep_history_count"
  | "block_after_failed_login_count"
  | "block_minutes"
  | "session_timeout";
type Flag =
  | "enable_password_expiration"
  | "enable_password_history"
  | "enable_block_after_failed_login";

function Form({ profile }: { profile: Profile }) {
  const t = useText(passwordProfileText);
  const w = useText(words);
  const may = useMay();
  const [changes, setChanges] = useState<Partial<Profile>>({});
  const draft = { ...profile, ...changes };
  const changed = Object.entries(changes).some(
    ([key, value]) => profile[key as Count | Flag] !== value,
  );
  const writable = may("authorization", "write");
  const put = (config: Profile, still?: Target) => {
    const path = { name: config.name };
    return patchTagged("/v1/password_profile/{name}", { config }, { path, ...still });
  };
  const save = useChange(({ to }: { to: Profile; from: Profile }) => put(to), {
    done: t.saved,
    onDone: () => setChanges({}),
    undo: ({ from }, tag) => (tag ? () => put(from, ifStill(tag)) : undefined),
  });
  const count = (field: Count, needs?: Flag) => (
    <NumberField
      label={t[field]}
      min={0}
      value={draft[field]}
      disabled={!!needs && !draft[needs]}
      onChange={(value) => setChanges({ ...changes, [field]: value })}
    />
  );
  /** What holds where it is switched on, in numbers. */
  const group = (field: Flag, ...counts: Count[]) => (
    <div className="form">
      <Switch
        label={t[field]}
        checked={draft[field]}
        disabled={!writable}
        onChange={(on) => setChanges({ ...changes, [field]: on })}
      />
      {counts.map((one) => (
        <Fragment key={one}>{count(one, field)}</Fragment>
      ))}
    </div>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ to: draft, from: profile });
      }}
    >
      <fieldset className="bare form two password-profile" disabled={!writable}>
        {count("min_len")}
        {count("min_uppercase_count")}
        {count("min_lowercase_count")}
        {count("min_digit_count")}
        {count("min_special_count")}
        {count("session_timeout")}
        {group("enable_password_expiration", "password_expire_after_days")}
        {group("enable_password_history", "password_keep_history_count")}
        {group(
          "enable_block_after_failed_login",
          "block_after_failed_login_count",
          "block_minutes",
        )}
        <Refusal error={save.error} />
        {writable && (
          <div className="actions">
            <button type="submit" className="primary" disabled={save.isPending || !changed}>
              {save.isPending ? w.saving : w.save}
            </button>
          </div>
        )}
      </fieldset>
    </form>
  );
}
