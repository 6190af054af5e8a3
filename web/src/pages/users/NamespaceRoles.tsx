import { useText } from "../../text/language";
import { Rows } from "../../ui/Rows";
import { NAMED, type NamespaceRole } from "./namespaceRoles";
import { usersText } from "./text";
import "./namespace-roles.css";

interface Props {
  draft: NamespaceRole[];
  /** What can be given in single namespaces. */
  roles: string[];
  /** Whether their role beside these stands alone. */
  alone: boolean;
  onChange: (draft: NamespaceRole[]) => void;
}

/** The roles that somebody has in single namespaces, one a row. */
export function NamespaceRoles({ draft, roles, alone, onChange }: Props) {
  const t = useText(usersText);
  const names: Record<string, string> = t.rolesThere;
  // Nobody may change something because nobody looked at what was chosen for them.
  const least = roles.includes("reader") ? "reader" : roles[0];
  if (alone) {
    return (
      draft.length > 0 && (
        <p role="status" className="reminder">
          {t.standsAlone}
        </p>
      )
    );
  }
  return (
    <fieldset>
      <legend>{t.namespaceRoles}</legend>
      <p className="hint">{t.namespaceRolesHint}</p>
      <Rows
        rows={draft}
        onChange={onChange}
        className="namespace-role"
        blank={least === undefined ? undefined : { role: least, namespaces: "" }}
        add={t.addRoleThere}
        remove={(at) => t.dropRoleThere(at + 1)}
      >
        {(one, put, at) => (
          <>
            <select
              aria-label={t.roleThere(at + 1)}
              value={one.role}
              onChange={(event) => put({ ...one, role: event.target.value })}
            >
              {[...new Set([one.role, ...roles])].map((role) => (
                <option key={role} value={role}>
                  {names[role] ?? role}
                </option>
              ))}
            </select>
            <input
              aria-label={t.namespacesThere(at + 1)}
              value={one.namespaces}
              required
              pattern={NAMED}
              title={t.namespacesNeeded}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => put({ ...one, namespaces: event.target.value })}
            />
          </>
        )}
      </Rows>
    </fieldset>
  );
}
