import { useState } from "react";

import { ifStill, patchTagged, post, postTagged, remove, type Target } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useSelf } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { NumberField } from "../../ui/NumberField";
import { useMembers } from "../clusters/members";
import { NamespaceRoles } from "./NamespaceRoles";
import { draftOfRoles, rolesOf } from "./namespaceRoles";
import { ScopeFields } from "./ScopeFields";
import { Sessions } from "./Sessions";
import { draftOf, isLimitable, namesClusters, scopeOf, standsAlone } from "./scope";
import { usersText } from "./text";
import type { User } from "./Users";

interface Props {
  /** The user to change; a new one where there is none. */
  user: User | undefined;
  writable: boolean;
  onClose: () => void;
}

/** What of a user the form changes. */
function changing({ email, role, timeout, access_scope, role_domains }: User) {
  return [email, role, timeout, access_scope, role_domains];
}

export function UserDialog({ user, writable, onClose }: Props) {
  const t = useText(usersText);
  const w = useText(words);
  const known = useGet("/v1/user", { query: { limit: 1 } }).data;
  const roles = known?.global_roles ?? [];
  const self = useSelf().data?.user.fullname;
  const [username, setUsername] = useState(user?.username ?? "");
  const [password, setPassword] = useState("");
  const [email, setEmail] = useState(user?.email ?? "");
  const [role, setRole] = useState(user?.role ?? "reader");
  const named = namesClusters(user?.access_scope);
  const members = useMembers({ haste: false, enabled: named }).data?.joint_clusters ?? [];
  // Not before it is touched: the names of the clusters come later.
  const [typed, setTyped] = useState<ReturnType<typeof draftOf>>();
  const scope = typed ?? draftOf(user?.access_scope, members);
  const [inNamespaces, setInNamespaces] = useState(() => draftOfRoles(user?.role_domains));
  const alone = standsAlone(role, scopeOf(scope));
  const [minutes, setMinutes] = useState(Math.round((user?.timeout ?? 300) / 60));
  const fullname = user?.fullname ?? username;
  const dropIt = (still?: Target) =>
    remove("/v1/user/{fullname}", { path: { fullname }, ...still });
  const save = useChange(
    async () => {
      const said = {
        email,
        role,
        timeout: minutes * 60,
        // A role of one cluster has no limit, whatever the one before had.
        ...(fullname !== self && {
          access_scope: isLimitable(role) ? scopeOf(scope) : {},
          role_domains: alone ? {} : rolesOf(inNamespaces),
        }),
      };
      if (user) {
        const config = { ...said, ...(password && { new_password: password }) };
        return patchTagged("/v1/user/{fullname}", { config }, { path: { fullname } });
      }
      return (await postTagged("/v1/user", { user: { fullname, username, password, ...said } }))
        .tag;
    },
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => {
        // Nobody knows the password that it had.
        if (!tag || (user && password)) return undefined;
        if (!user) return () => dropIt(ifStill(tag));
        const { email, role, timeout, access_scope: limit, role_domains = {} } = user;
        const scope = fullname !== self && { access_scope: limit ?? {}, role_domains };
        const config = { email, role, timeout, ...scope };
        const target = { path: { fullname }, ...ifStill(tag) };
        return () => patchTagged("/v1/user/{fullname}", { config }, target);
      },
    },
  );
  const drop = useChange(() => dropIt(), { done: t.removed, onDone: onClose });
  return (
    <FormDialog
      title={user ? fullname : t.add}
      now={user && changing(user)}
      save={save}
      writable={writable}
      removal={
        user && fullname !== self
          ? { change: drop, title: t.remove, name: fullname, action: w.remove, text: t.removeText }
          : undefined
      }
      onClose={onClose}
      below={user && writable && <OfUser user={user} />}
    >
      <Field label={t.username}>
        <input
          value={username}
          disabled={user !== undefined}
          autoComplete="off"
          onChange={(event) => setUsername(event.target.value)}
          required
        />
      </Field>
      {writable && fullname !== self && (
        <Field label={user ? t.newPassword : t.password} hint={user && t.keep}>
          <input
            type="password"
            value={password}
            autoComplete="new-password"
            onChange={(event) => setPassword(event.target.value)}
            required={!user}
          />
        </Field>
      )}
      <Field label={t.email}>
        <input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
      </Field>
      <Field label={t.role}>
        <select
          value={role}
          disabled={fullname === self}
          onChange={(event) => setRole(event.target.value)}
        >
          {/* Theirs may be more than who looks at it can give. */}
          {[...new Set([role, ...roles])].map((one) => (
            <option key={one} value={one}>
              {t.roles[one as keyof typeof t.roles] ?? one}
            </option>
          ))}
        </select>
      </Field>
      {fullname !== self && isLimitable(role) && <ScopeFields draft={scope} onChange={setTyped} />}
      {fullname !== self && (
        <NamespaceRoles
          draft={inNamespaces}
          roles={known?.domain_roles ?? []}
          alone={alone}
          onChange={setInNamespaces}
        />
      )}
      <NumberField label={t.timeout} min={1} max={60} value={minutes} onChange={setMinutes} />
    </FormDialog>
  );
}

/** What is changed of a user at once: sessions, and a block after wrong passwords. */
function OfUser({ user }: { user: User }) {
  const t = useText(usersText);
  const fullname = user.fullname ?? "";
  const unblock = useChange(
    () =>
      post(
        "/v1/user/{fullname}/password",
        { config: { fullname, clear_failed_login: true } },
        { path: { fullname } },
      ),
    { done: t.unblocked },
  );
  return (
    <>
      <h3>{t.sessions}</h3>
      <Sessions fullname={fullname} />
      {user.blocked_for_failed_login && (
        <div>
          <Refusal error={unblock.error} />
          <button type="button" disabled={unblock.isPending} onClick={() => unblock.mutate()}>
            {t.unblock}
          </button>
        </div>
      )}
    </>
  );
}
