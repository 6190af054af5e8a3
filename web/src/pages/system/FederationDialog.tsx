import { useState } from "react";

import { get, patch, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { NumberField } from "../../ui/NumberField";
import { systemText } from "./text";

interface Props {
  primary: Schema<"MasterCluster">;
  onClose: () => void;
}

/** How the primary is called, and where agents reach it. */
export function FederationDialog({ primary, onClose }: Props) {
  const t = useText(systemText);
  const w = useText(words);
  const [name, setName] = useState(primary.name);
  const [server, setServer] = useState(primary.rest_info.server ?? "");
  const [port, setPort] = useState(primary.rest_info.port ?? 0);
  const save = useChange(
    // The server refuses a name that is locked, and lets the same one pass.
    () => patch("/v1/fed/config", { name, rest_info: { server: server.trim(), port } }),
    {
      done: t.saved,
      onDone: onClose,
      read: async () => {
        const { master_cluster: now } = await get("/v1/fed/member", { query: { limit: 1 } });
        return [now?.name, now?.rest_info];
      },
      undo: () => () =>
        patch("/v1/fed/config", { name: primary.name, rest_info: primary.rest_info }),
    },
  );
  return (
    <FormDialog
      title={t.federation}
      now={[primary.name, primary.rest_info]}
      place="middle"
      save={save}
      onClose={onClose}
    >
      <Field label={w.name} hint={t.fedNameHint}>
        <input value={name} onChange={(event) => setName(event.target.value)} required />
      </Field>
      <Field label={t.host} hint={t.addressHint}>
        <input value={server} onChange={(event) => setServer(event.target.value)} required />
      </Field>
      <NumberField label={t.port} min={1} max={65_535} value={port} onChange={setPort} />
    </FormDialog>
  );
}
