import { useState } from "react";

import { ifStill, patchTagged, postTagged, remove } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { verifiersText } from "./text";
import type { Root } from "./Verifiers";

const LIST = "/v1/scan/sigstore/root_of_trust";
const ONE = "/v1/scan/sigstore/root_of_trust/{root_name}";

/** Makes or changes a root of trust. Its kind stays as it was made. */
export function RootDialog({ root, onClose }: { root: Root | undefined; onClose: () => void }) {
  const t = useText(verifiersText);
  const w = useText(words);
  const [name, setName] = useState(root?.name ?? "");
  const [comment, setComment] = useState(root?.comment ?? "");
  const [isPrivate, setPrivate] = useState(root?.is_private ?? true);
  const [keysOnly, setKeysOnly] = useState(root?.rootless_keypairs_only ?? true);
  const [rekorKey, setRekorKey] = useState(root?.rekor_public_key ?? "");
  const [rootCert, setRootCert] = useState(root?.root_cert ?? "");
  const [sctKey, setSctKey] = useState(root?.sct_public_key ?? "");
  const withCertificates = isPrivate && !keysOnly;
  const path = { root_name: name };
  const save = useChange(
    async () => {
      const keys = withCertificates
        ? { rekor_public_key: rekorKey, root_cert: rootCert, sct_public_key: sctKey }
        : {};
      if (root) return patchTagged(ONE, { comment, ...keys }, { path });
      const { tag } = await postTagged(LIST, {
        name,
        comment,
        is_private: isPrivate,
        rootless_keypairs_only: isPrivate && keysOnly,
        cfg_type: "federal",
        ...keys,
      });
      return tag;
    },
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => {
        if (!tag) return undefined;
        const target = { path, ...ifStill(tag) };
        if (!root) return () => remove(ONE, target);
        const { comment = "", rekor_public_key = "", root_cert = "", sct_public_key = "" } = root;
        const keys = withCertificates ? { rekor_public_key, root_cert, sct_public_key } : {};
        return () => patchTagged(ONE, { comment, ...keys }, target);
      },
    },
  );
  return (
    <FormDialog
      title={root ? name : t.addRoot}
      now={root && { ...root, verifiers: undefined }}
      save={save}
      onClose={onClose}
    >
      <Field label={w.name}>
        <input
          value={name}
          disabled={root !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <Switch
        label={t.isPrivate}
        checked={isPrivate}
        disabled={root !== undefined}
        onChange={setPrivate}
      />
      {isPrivate && (
        <Switch
          label={t.keysOnly}
          checked={keysOnly}
          disabled={root !== undefined}
          onChange={setKeysOnly}
        />
      )}
      {withCertificates && (
        <>
          <Field label={t.rootCert}>
            <textarea
              value={rootCert}
              onChange={(event) => setRootCert(event.target.value)}
              required
            />
          </Field>
          <Field label={t.rekorKey}>
            <textarea value={rekorKey} onChange={(event) => setRekorKey(event.target.value)} />
          </Field>
          <Field label={t.sctKey}>
            <textarea value={sctKey} onChange={(event) => setSctKey(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
