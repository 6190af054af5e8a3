import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import type { ScopeDraft } from "./scope";
import { usersText } from "./text";

interface Props {
  draft: ScopeDraft;
  onChange: (draft: ScopeDraft) => void;
}

/** Which clusters and namespaces a role of the federation is limited to. */
export function ScopeFields({ draft, onChange }: Props) {
  const t = useText(usersText);
  const fields = [
    ["selector", t.scopeSelector, t.scopeSelectorHint],
    ["clusters", t.scopeClusters, t.scopeClustersHint],
    ["namespaces", t.scopeNamespaces, t.scopeNamespacesHint],
  ] as const;
  return (
    <fieldset>
      <legend>{t.scope}</legend>
      <p className="hint">{t.scopeHint}</p>
      {fields.map(([key, label, hint]) => (
        <Field key={key} label={label} hint={hint}>
          <input
            value={draft[key]}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange({ ...draft, [key]: event.target.value })}
          />
        </Field>
      ))}
    </fieldset>
  );
}
