import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";

import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { usersText } from "../users/text";
import { type Draft, moved } from "./draft";
import { providersText } from "./text";

interface Props {
  draft: Draft;
  roles: Schema<"MappableRoles">;
  put: (change: Partial<Draft>) => void;
}

/** Which groups have which role, the most important first. */
export function GroupRoles({ draft: { groups, defaultRole }, roles, put }: Props) {
  const t = useText(providersText);
  const names = useText(usersText).roles;
  const called = (role: string) => names[role as keyof typeof names] ?? role;
  const change = (at: number, next: Partial<(typeof groups)[number]>) =>
    put({ groups: groups.map((one, index) => (index === at ? { ...one, ...next } : one)) });
  return (
    <fieldset>
      <legend>{t.groups}</legend>
      <p className="hint">{t.groupsHint}</p>
      <ol className="group-roles">
        {groups.map(({ group, global_role: role, role_domains: domains }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is what a group is known by while it is typed
          <li key={at}>
            <input
              aria-label={`${t.group} ${at + 1}`}
              value={group}
              onChange={(event) => change(at, { group: event.target.value })}
              required
            />
            <select
              aria-label={`${t.role} ${at + 1}`}
              value={role}
              onChange={(event) => change(at, { global_role: event.target.value })}
            >
              {[...new Set([role ?? "", ...roles.group_roles])].map((one) => (
                <option key={one} value={one}>
                  {one ? called(one) : t.nothing}
                </option>
              ))}
            </select>
            <span className="actions">
              <button
                type="button"
                className="plain"
                aria-label={t.up(group)}
                disabled={at === 0}
                onClick={() => put({ groups: moved(groups, at, -1) })}
              >
                <ArrowUp aria-hidden size={16} />
              </button>
              <button
                type="button"
                className="plain"
                aria-label={t.down(group)}
                disabled={at === groups.length - 1}
                onClick={() => put({ groups: moved(groups, at, 1) })}
              >
                <ArrowDown aria-hidden size={16} />
              </button>
              <button
                type="button"
                className="plain"
                aria-label={t.drop(group)}
                onClick={() => put({ groups: groups.filter((_, index) => index !== at) })}
              >
                <Trash2 aria-hidden size={16} />
              </button>
            </span>
            {Object.keys(domains ?? {}).length > 0 && <span className="hint">{t.narrower}</span>}
          </li>
        ))}
      </ol>
      <button
        type="button"
        onClick={() => put({ groups: [...groups, { group: "", global_role: "reader" }] })}
      >
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
