import { Plus, Trash2 } from "lucide-react";
import { useRef, useState } from "react";

import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { MoveButtons } from "../../ui/MoveButtons";
import { useTyping } from "../../ui/useUnsaved";
import { WrittenOut } from "../../ui/WrittenOut";
import { useMembers } from "../clusters/members";
import { NamespaceRoles } from "../users/NamespaceRoles";
import {
  draftOfRoles,
  type NamespaceRole,
  type RoleDomains,
  rolesOf,
} from "../users/namespaceRoles";
import { ScopeFields } from "../users/ScopeFields";
import {
  type AccessScope,
  briefly,
  draftOf,
  isLimitable,
  namesClusters,
  scopeOf,
  standsAlone,
} from "../users/scope";
import { usersText } from "../users/text";
import { type Draft, givesNothing, moved } from "./draft";
import { providersText } from "./text";

interface Props {
  draft: Draft;
  roles: Schema<"MappableRoles">;
  put: (change: Partial<Draft>) => void;
}

/** Which groups have which role, the most important first. */
export function GroupRoles({ draft: { groups, defaultRole }, roles, put }: Props) {
  const t = useText(providersText);
  const { roles: names } = useText(usersText);
  const called = (role: string) => names[role as keyof typeof names] ?? role;
  const typing = useTyping();
  // What is half typed in a row, and no role yet, goes with it to its new place.
  const [keys, setKeys] = useState(() => groups.map((_, at) => at));
  const adder = useRef<HTMLButtonElement>(null);
  /** By a button: the same is done to the groups and their keys. */
  const become = (by: <T>(list: T[], fresh: T) => T[]) => {
    typing();
    setKeys(by(keys, Math.max(-1, ...keys) + 1));
    put({ groups: by(groups, { group: "", global_role: "reader" }) });
  };
  const change = (at: number, next: Partial<(typeof groups)[number]>) =>
    put({ groups: groups.map((one, index) => (index === at ? { ...one, ...next } : one)) });
  return (
    <fieldset>
      <legend>{t.groups}</legend>
      <p className="hint">{t.groupsHint}</p>
      <ol className="group-roles">
        {groups.map((one, at) => {
          const { group, global_role: role, role_domains: domains } = one;
          return (
            <li key={keys[at]}>
              <input
                aria-label={`${t.group} ${at + 1}`}
                value={group}
                onChange={(event) => change(at, { group: event.target.value })}
                required
              />
              <select
                aria-label={`${t.role} ${at + 1}`}
                value={role}
                onChange={(event) => {
                  const global_role = event.target.value;
                  // A role of one cluster has no limit.
                  change(at, {
                    global_role,
                    ...(!isLimitable(global_role) && { access_scope: {} }),
                  });
                }}
              >
                {[...new Set([role ?? "", ...roles.group_roles])].map((name) => (
                  <option key={name} value={name}>
                    {name ? called(name) : t.noRole}
                  </option>
                ))}
              </select>
              <span className="actions">
                <MoveButtons
                  up={t.up(group)}
                  down={t.down(group)}
                  first={at === 0}
                  last={at === groups.length - 1}
                  onMove={(by) => become((list) => moved(list, at, by))}
                />
                <button
                  type="button"
                  className="plain"
                  aria-label={t.drop(group)}
                  onClick={() => {
                    // The button goes with its row: the keyboard goes on where rows are added.
                    adder.current?.focus();
                    become((list) => list.filter((_, index) => index !== at));
                  }}
                >
                  <Trash2 aria-hidden size={16} />
                </button>
              </span>
              <WrittenOut of={[group]} />
              {givesNothing(one) && (
                <p role="status" className="reminder">
                  {t.givesNothing}
                </p>
              )}
              {isLimitable(role ?? "") && (
                <ScopeOf
                  scope={one.access_scope}
                  onChange={(access_scope) => change(at, { access_scope })}
                />
              )}
              <InNamespaces
                domains={domains}
                roles={roles.group_domain_roles}
                alone={standsAlone(role ?? "", one.access_scope)}
                onChange={(role_domains) => change(at, { role_domains })}
              />
            </li>
          );
        })}
      </ol>
      <button ref={adder} type="button" onClick={() => become((list, fresh) => [...list, fresh])}>
        <Plus aria-hidden size={16} /> {t.addGroup}
      </button>
      <label>
        <span className="label">{t.defaultRole}</span>
        <select value={defaultRole} onChange={(event) => put({ defaultRole: event.target.value })}>
          {[...new Set(["", defaultRole, ...roles.default_roles])].map((one) => (
            <option key={one} value={one}>
              {one ? called(one) : t.nothing}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}

/** What the role of a group is limited to; folded, as most are not. */
function ScopeOf({
  scope,
  onChange,
}: {
  scope: AccessScope | null | undefined;
  onChange: (scope: AccessScope) => void;
}) {
  const t = useText(usersText);
  const named = namesClusters(scope);
  const members = useMembers({ haste: false, enabled: named }).data?.joint_clusters ?? [];
  // What is typed is no selector yet before it is whole.
  const [last, setTyped] = useState<ReturnType<typeof draftOf>>();
  const typed = last && isSame(scopeOf(last), scope ?? {}) ? last : undefined;
  return (
    <details className="group-scope">
      <summary>{briefly(scope, members) || t.scope}</summary>
      <ScopeFields
        draft={typed ?? draftOf(scope, members)}
        onChange={(draft) => {
          setTyped(draft);
          onChange(scopeOf(draft));
        }}
      />
    </details>
  );
}

/** The roles of a group in single namespaces; folded, as most have none. */
function InNamespaces({
  domains,
  roles,
  alone,
  onChange,
}: {
  domains: RoleDomains | null | undefined;
  roles: string[];
  alone: boolean;
  onChange: (domains: RoleDomains) => void;
}) {
  const t = useText(usersText);
  const w = useText(words);
  // A row that is not filled in yet is none of them.
  const [last, setTyped] = useState<NamespaceRole[]>();
  const typed = last && isSame(rolesOf(last), domains ?? {}) ? last : undefined;
  const told = Object.values(domains ?? {}).flat();
  const rows = (
    <NamespaceRoles
      draft={typed ?? draftOfRoles(domains)}
      roles={roles}
      alone={alone}
      onChange={(draft) => {
        setTyped(draft);
        onChange(rolesOf(draft));
      }}
    />
  );
  if (alone) return rows;
  return (
    <details
      className="group-scope"
      // What has to be filled in is seen.
      onInvalidCapture={(event) => {
        event.currentTarget.open = true;
      }}
    >
      <summary>{[t.namespaceRoles, told.join(", ")].filter(Boolean).join(w.colon)}</summary>
      {rows}
    </details>
  );
}

/** Whether the same is sent of both. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
