import { Castle } from "lucide-react";
import { useState } from "react";

import { post } from "../../api/client";
import { useChange } from "../../api/query";
import { administers, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal, Sign } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { NumberField } from "../../ui/NumberField";
import { clustersText } from "./text";

const FEDERATION_PORT = 11_443;

/** Makes this a primary, where it is none yet. */
export function Promote() {
  const t = useText(clustersText);
  const w = useText(words);
  const mayPromote = useAllowed(administers);
  const [name, setName] = useState("");
  const [server, setServer] = useState(location.hostname);
  const [port, setPort] = useState(FEDERATION_PORT);
  const promote = useChange(
    () => post("/v1/fed/promote", { name, master_rest_info: { server, port } }),
    { done: t.promoted },
  );
  return (
    <Sign icon={<Castle aria-hidden />} title={t.notPrimary} hint={t.notPrimaryHint}>
      {mayPromote ? (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            promote.mutate();
          }}
        >
          <Field label={t.fedName}>
            <input value={name} onChange={(event) => setName(event.target.value)} required />
          </Field>
          <Field label={t.address}>
            <input value={server} onChange={(event) => setServer(event.target.value)} required />
          </Field>
          <NumberField label={t.port} min={1} max={65_535} value={port} onChange={setPort} />
          <Refusal error={promote.error} />
          <button type="submit" className="primary" disabled={promote.isPending}>
            {t.promote}
          </button>
        </form>
      ) : (
        <p>{w.readOnly}</p>
      )}
    </Sign>
  );
}
