import { useText } from "../../text/language";
import { Field, Switch } from "../../ui/Field";
import { type Draft, SETTINGS, type Setting } from "./draft";
import { providersText } from "./text";

interface Props {
  draft: Draft;
  /** Whether the provider is there already. */
  known: boolean;
  put: (change: Partial<Draft>) => void;
}

/** The settings of one kind of provider. */
export function Settings({ draft, known, put }: Props) {
  const set = (id: string, value: string | boolean) =>
    put({ values: { ...draft.values, [id]: value } });
  const described = Boolean(draft.values.idp_metadata);
  return SETTINGS[draft.kind].map((setting) => (
    <One
      key={setting.id}
      setting={setting}
      value={draft.values[setting.id] ?? ""}
      known={known}
      needed={needed(setting, draft, described)}
      onChange={(value) => set(setting.id, value)}
    />
  ));
}

/** SAML is set by its metadata, or by what they would say. */
function needed({ id, required }: Setting, { kind }: Draft, described: boolean): boolean {
  if (kind === "saml") return !described && ["issuer", "sso_url", "x509_cert"].includes(id);
  return required === true;
}

interface OneProps {
  setting: Setting;
  value: string | boolean;
  known: boolean;
  needed: boolean;
  onChange: (value: string | boolean) => void;
}

function One({ setting: { id, input }, value, known, needed, onChange }: OneProps) {
  const t = useText(providersText);
  const label = t.fields[id as keyof typeof t.fields];
  if (input === "switch") {
    return <Switch label={label} checked={value === true} onChange={onChange} />;
  }
  const hidden = input === "secret" || id === "signing_key";
  const hint = id === "idp_metadata" ? t.metadataHint : known && hidden ? t.keep : undefined;
  if (input === "lines") {
    return (
      <Field label={label} hint={hint}>
        <textarea
          rows={3}
          value={String(value)}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
          required={needed}
        />
      </Field>
    );
  }
  if (input === "binding") {
    return (
      <Field label={label}>
        <select value={String(value)} onChange={(event) => onChange(event.target.value)}>
          {Object.entries(t.bindings).map(([binding, text]) => (
            <option key={binding} value={binding}>
              {text}
            </option>
          ))}
        </select>
      </Field>
    );
  }
  return (
    <Field label={label} hint={hint}>
      <input
        type={input === "secret" ? "password" : input}
        value={String(value)}
        autoComplete={input === "secret" ? "new-password" : "off"}
        onChange={(event) => onChange(event.target.value)}
        required={needed}
      />
    </Field>
  );
}
