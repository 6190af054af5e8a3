import { Plus, X } from "lucide-react";

import { useText } from "../../text/language";
import type { NamespaceRole } from "./namespaceRoles";
import { usersText } from "./text";
import "./namespace-roles.css";

interface Props {
  draft: NamespaceRole[];
  /** What can be given in single namespaces. */
  roles: string[];
  onChange: (draft: NamespaceRole[]) => void;
}

/** The roles that somebody has in single namespaces, one a row. */
export function NamespaceRoles({ draft, roles, onChange }: Props) {
  const t = useText(usersText);
  const names: Record<string, string> = t.rolesThere;
  // Nobody may change something because nobody looked at what was chosen for them.
  const least = roles.includes("reader") ? "reader" : (roles[0] ?? "");
  const put = (at: number, change: Partial<NamespaceRole>) =>
    onChange(draft.map((one, index) => (index === at ? { ...one, ...change } : one)));
  return (
    <fieldset>
      <legend>{t.namespaceRoles}</legend>
      <p className="hint">{t.namespaceRolesHint}</p>
      {draft.map(({ role, namespaces }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place while it is typed
        <div key={at} className="namespace-role">
          <select
            aria-label={t.roleThere(at + 1)}
            value={role}
            onChange={(event) => put(at, { role: event.target.value })}
          >
            {[...new Set([role, ...roles])].map((one) => (
              <option key={one} value={one}>
                {names[one] ?? one}
              </option>
            ))}
          </select>
          <input
            aria-label={t.namespacesThere(at + 1)}
            value={namespaces}
            spellCheck={false}
            autoComplete="off"
            required
            // Something else than commas and blanks.
            pattern=".*[^,\s].*"
            title={t.namespaceNeeded}
            // A browser shows nothing of a field that is folded away, and does not send it.
            onInvalid={(event) => event.currentTarget.closest("details")?.setAttribute("open", "")}
            onChange={(event) => put(at, { namespaces: event.target.value })}
          />
          <button
            type="button"
            className="plain"
            aria-label={t.dropRoleThere(at + 1)}
            onClick={() => onChange(draft.filter((_, index) => index !== at))}
          >
            <X aria-hidden size={16} />
          </button>
        </div>
      ))}
      <div>
        <button
          type="button"
          disabled={roles.length === 0}
          onClick={() => onChange([...draft, { role: least, namespaces: "" }])}
        >
          <Plus aria-hidden size={16} /> {t.addRoleThere}
        </button>
      </div>
    </fieldset>
  );
}
