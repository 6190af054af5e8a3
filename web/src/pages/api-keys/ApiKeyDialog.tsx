import { useState } from "react";

import { post } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { NumberField } from "../../ui/NumberField";
import { useRoleName } from "../roles/names";
import { NamespaceRoles } from "../users/NamespaceRoles";
import { type NamespaceRole, rolesOf } from "../users/namespaceRoles";
import { ScopeFields } from "../users/ScopeFields";
import { draftOf, isLimitable, scopeOf, standsAlone } from "../users/scope";
import { apiKeysText } from "./text";

/** Makes a key and shows its secret, once. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const t = useText(apiKeysText);
  const w = useText(words);
  const roleName = useRoleName();
  const known = useGet("/v1/api_key", { query: { limit: 1 } }).data;
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [role, setRole] = useState("reader");
  const [scope, setScope] = useState(draftOf(undefined, []));
  const [inNamespaces, setInNamespaces] = useState<NamespaceRole[]>([]);
  const alone = standsAlone(role, scopeOf(scope));
  const [lifetime, setLifetime] = useState("onemonth");
  const [hours, setHours] = useState(12);
  const make = useChange(
    () =>
      post("/v1/api_key", {
        apikey: {
          apikey_name: name,
          description,
          role,
          role_domains: alone ? {} : rolesOf(inNamespaces),
          ...(isLimitable(role) && { access_scope: scopeOf(scope) }),
          expiration_type: lifetime,
          expiration_hours: lifetime === "hours" ? hours : 0,
        },
      }),
    { done: t.made },
  );
  const made = make.data?.apikey;
  if (made) {
    return (
      <Dialog title={t.secretTitle} onClose={onClose}>
        <Copy label={t.key} text={`${made.apikey_name}:${made.apikey_secret}`} />
        <p className="hint">{t.secretHint}</p>
        <div className="actions">
          <button type="button" className="primary" onClick={onClose}>
            {w.close}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog title={t.add} place="middle" save={make} action={w.add} onClose={onClose}>
      <Field label={w.name}>
        <input value={name} onChange={(event) => setName(event.target.value)} required />
      </Field>
      <Field label={w.description}>
        <input value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
      <Field label={t.role}>
        <select value={role} onChange={(event) => setRole(event.target.value)}>
          {(known?.global_roles ?? []).map((one) => (
            <option key={one} value={one}>
              {roleName(one)}
            </option>
          ))}
        </select>
      </Field>
      {isLimitable(role) && <ScopeFields draft={scope} onChange={setScope} />}
      <NamespaceRoles
        draft={inNamespaces}
        roles={known?.domain_roles ?? []}
        alone={alone}
        onChange={setInNamespaces}
      />
      <Field label={t.expires}>
        <select value={lifetime} onChange={(event) => setLifetime(event.target.value)}>
          {Object.entries(t.lifetimes).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Field>
      {lifetime === "hours" && (
        <NumberField label={t.hours} min={1} value={hours} onChange={setHours} />
      )}
    </FormDialog>
  );
}
