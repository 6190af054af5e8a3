import { useState } from "react";

import { get, patch, post, remove } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { NumberField } from "../../ui/NumberField";
import { Credentials } from "./Credentials";
import { type Config, configOf, type Draft, draftOf, replacesSecrets } from "./draft";
import { KINDS } from "./kinds";
import type { Registry } from "./Registries";
import { SettingsTest } from "./SettingsTest";
import { registriesText } from "./text";

interface Props {
  registry: Registry | undefined;
  onClose: () => void;
}

/** The settings of a registry; the form asks for what its kind uses. */
export function RegistryDialog({ registry, onClose }: Props) {
  const t = useText(registriesText);
  const w = useText(words);
  const [draft, setDraft] = useState(() => draftOf(registry));
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const path = { name: draft.name };
  const change = (config: Config) => patch("/v1/scan/registry/{name}", { config }, { path });
  const save = useChange(
    () => {
      const config = configOf(draft);
      return registry ? change(config) : post("/v1/scan/registry", { config });
    },
    {
      done: t.saved,
      onDone: onClose,
      // How far its scans are is nobody's change.
      federated: true,
      read: async () => draftOf((await get("/v1/scan/registry/{name}", { path })).summary),
      // Of another kind the credentials were others, which nobody knows any more.
      undo: () => {
        if (!registry) return () => remove("/v1/scan/registry/{name}", { path });
        const before = draftOf(registry);
        const isKnown = before.kind === draft.kind && !replacesSecrets(draft);
        return isKnown ? () => change(configOf(before)) : undefined;
      },
    },
  );
  return (
    <FormDialog
      title={registry ? draft.name : t.add}
      now={registry && draftOf(registry)}
      save={save}
      onClose={onClose}
    >
      <div className="form two">
        <Field label={w.name} hint={t.nameHint}>
          <input
            value={draft.name}
            pattern="fed\..+"
            disabled={registry !== undefined}
            onChange={(event) => put({ name: event.target.value })}
            required
          />
        </Field>
        <Field label={t.kind}>
          <select value={draft.kind} onChange={(event) => put({ kind: event.target.value })}>
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </Field>
      </div>
      <Field label={t.address}>
        <input
          type="url"
          value={draft.address}
          onChange={(event) => put({ address: event.target.value })}
          required
        />
      </Field>
      <Credentials draft={draft} known={registry !== undefined} put={put} />
      <Field label={t.filters} hint={t.filtersHint}>
        <textarea
          rows={3}
          value={draft.filters}
          onChange={(event) => put({ filters: event.target.value })}
          required
        />
      </Field>
      <div className="form two">
        <Field label={t.schedule}>
          <select
            value={draft.schedule}
            onChange={(event) => put({ schedule: event.target.value })}
          >
            {Object.entries(t.schedules).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </Field>
        {draft.schedule === "periodical" && (
          <NumberField
            label={t.interval}
            min={5}
            max={10_080}
            value={draft.minutes}
            onChange={(value) => put({ minutes: value })}
          />
        )}
      </div>
      <Switch label={t.rescan} checked={draft.rescan} onChange={(rescan) => put({ rescan })} />
      <Switch label={t.layers} checked={draft.layers} onChange={(layers) => put({ layers })} />
      <SettingsTest name={draft.name} config={configOf(draft)} />
    </FormDialog>
  );
}
