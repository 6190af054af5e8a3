import { useState } from "react";

import { ifStill, patchTagged, postTagged, remove } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { verifiersText } from "./text";
import type { Verifier } from "./Verifiers";

interface Props {
  /** Name of the root of trust. */
  root: string;
  verifier: Verifier | undefined;
  onClose: () => void;
}

const LIST = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier";
const ONE = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}";

/** Makes or changes a verifier of a root of trust. */
export function VerifierDialog({ root, verifier, onClose }: Props) {
  const t = useText(verifiersText);
  const w = useText(words);
  const [name, setName] = useState(verifier?.name ?? "");
  const [kind, setKind] = useState(verifier?.verifier_type ?? "keypair");
  const [key, setKey] = useState(verifier?.public_key ?? "");
  const [issuer, setIssuer] = useState(verifier?.cert_issuer ?? "");
  const [subject, setSubject] = useState(verifier?.cert_subject ?? "");
  const [comment, setComment] = useState(verifier?.comment ?? "");
  const path = { root_name: root, verifier_name: name };
  const save = useChange(
    async () => {
      const said =
        kind === "keypair"
          ? { verifier_type: kind, comment, public_key: key }
          : { verifier_type: kind, comment, cert_issuer: issuer, cert_subject: subject };
      if (verifier) return patchTagged(ONE, said, { path });
      return (await postTagged(LIST, { name, ...said }, { path })).tag;
    },
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => {
        if (!tag) return undefined;
        const target = { path, ...ifStill(tag) };
        if (!verifier) return () => remove(ONE, target);
        const { verifier_type: kind = "", comment = "" } = verifier;
        const said = { verifier_type: kind, comment };
        const { public_key = "", cert_issuer = "", cert_subject = "" } = verifier;
        const keys = kind === "keypair" ? { public_key } : { cert_issuer, cert_subject };
        return () => patchTagged(ONE, { ...said, ...keys }, target);
      },
    },
  );
  return (
    <FormDialog
      title={verifier ? name : t.addVerifier}
      now={verifier}
      save={save}
      onClose={onClose}
    >
      <Field label={w.name}>
        <input
          value={name}
          disabled={verifier !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={w.type}>
        <select value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="keypair">{t.keypair}</option>
          <option value="keyless">{t.keyless}</option>
        </select>
      </Field>
      {kind === "keypair" ? (
        <Field label={t.publicKey}>
          <textarea value={key} onChange={(event) => setKey(event.target.value)} required />
        </Field>
      ) : (
        <>
          <Field label={t.issuer}>
            <input value={issuer} onChange={(event) => setIssuer(event.target.value)} required />
          </Field>
          <Field label={t.subject}>
            <input value={subject} onChange={(event) => setSubject(event.target.value)} required />
          </Field>
        </>
      )}
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
    </FormDialog>
  );
}
