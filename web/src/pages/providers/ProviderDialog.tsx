import { useState } from "react";

import {
  ifStill,
  patchTagged,
  postTagged,
  remove,
  type Schema,
  type Target,
} from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Copy } from "../../ui/Copy";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import {
  addressOf,
  configOf,
  type Draft,
  draftOf,
  type Kind,
  NAMED,
  replacesSecrets,
  type Server,
} from "./draft";
import { GroupRoles } from "./GroupRoles";
import { ProviderTest } from "./ProviderTest";
import { Settings } from "./Settings";
import { providersText } from "./text";

/** The names that clients of the REST API expect. */
const USUAL: Record<Kind, string> = { ldap: "ldap1", saml: "saml1", oidc: "openId1" };

interface Props {
  /** The provider to change; a new one of `kind` where there is none. */
  server: Server | undefined;
  kind: Kind;
  roles: Schema<"MappableRoles">;
  writable: boolean;
  onClose: () => void;
}

export function ProviderDialog({ server, kind, roles, writable, onClose }: Props) {
  const t = useText(providersText);
  const w = useText(words);
  const known = server !== undefined;
  const [draft, setDraft] = useState(() => {
    const draft = draftOf(server, kind);
    return known ? draft : { ...draft, name: USUAL[kind] };
  });
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const path = { name: draft.name };
  const send = (of: Draft, still?: Target) =>
    patchTagged("/v1/server/{name}", { config: configOf(of) }, { path, ...still });
  const dropIt = (still?: Target) => remove("/v1/server/{name}", { path, ...still });
  const save = useChange(
    async () =>
      known ? send(draft) : (await postTagged("/v1/server", { config: configOf(draft) })).tag,
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => {
        if (!tag || (server && replacesSecrets(draft))) return undefined;
        const still = ifStill(tag);
        return server ? () => send(draftOf(server, kind), still) : () => dropIt(still);
      },
    },
  );
  const drop = useChange(() => dropIt(), { done: t.removed, onDone: onClose });
  return (
    <FormDialog
      title={known ? draft.name : t.add[kind]}
      now={server}
      save={save}
      writable={writable}
      removal={
        server && {
          change: drop,
          title: w.remove,
          name: draft.name,
          action: w.remove,
          text: t.removeText,
        }
      }
      onClose={onClose}
    >
      <Field label={w.name} hint={known ? undefined : t.nameHint}>
        <input
          value={draft.name}
          pattern={NAMED}
          disabled={known}
          onChange={(event) => put({ name: event.target.value })}
          required
        />
      </Field>
      <Switch label={t.enable} checked={draft.enable} onChange={(enable) => put({ enable })} />
      {kind === "ldap" && (
        <Field label={t.directory}>
          <select
            value={draft.directory}
            onChange={(event) => put({ directory: event.target.value })}
          >
            <option value="OpenLDAP">OpenLDAP</option>
            <option value="MicrosoftAD">Active Directory</option>
          </select>
        </Field>
      )}
      <Settings draft={draft} known={known} put={put} />
      {kind === "saml" && <OurSide name={draft.name} />}
      {kind === "oidc" && <OurAddress name={draft.name} />}
      <GroupRoles draft={draft} roles={roles} put={put} />
      <ProviderTest draft={draft} known={known} />
    </FormDialog>
  );
}

/** Where a provider of OpenID Connect sends browsers back to, and says itself who logged out. */
function OurAddress({ name }: { name: string }) {
  const t = useText(providersText);
  const base = addressOf(name, location.origin);
  return (
    <fieldset>
      <legend>{t.ours}</legend>
      <span className="label">{t.back}</span>
      <Copy text={`${location.origin}/sign-in`} label={t.back} />
      <span className="label">{t.toldLogout}</span>
      {base ? (
        <Copy text={`${base}/backchannel_logout`} label={t.toldLogout} />
      ) : (
        <p className="hint">{t.nameFirst}</p>
      )}
    </fieldset>
  );
}

/** What whoever runs the provider has to know of us. */
function OurSide({ name }: { name: string }) {
  const t = useText(providersText);
  const base = addressOf(name, location.origin);
  return (
    <fieldset>
      <legend>{t.ours}</legend>
      {base ? (
        <>
          <span className="label">{t.acs}</span>
          <Copy text={`${base}/acs`} label={t.acs} />
          <span className="label">{t.metadata}</span>
          <Copy text={`${base}/metadata`} label={t.metadata} />
        </>
      ) : (
        <p className="hint">{t.nameFirst}</p>
      )}
    </fieldset>
  );
}
