import { Download, Trash2 } from "lucide-react";
import { useState } from "react";

import { fileOf, remove, send } from "../../api/client";
import { useChange } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Facts } from "../../ui/Page";
import { saveAs } from "../../ui/saveAs";
import { vexText } from "./text";
import type { VexDocument } from "./VexDocuments";

interface Props {
  of: VexDocument;
  writable: boolean;
  onClose: () => void;
}

/** One document: what it says of itself, its content, and its end. */
export function VexPanel({ of, writable, onClose }: Props) {
  const t = useText(vexText);
  const format = useFormat();
  const [removing, setRemoving] = useState(false);
  const path = { id: String(of.id) };
  const download = useChange(async () => {
    const answer = await send("get", "/v1/fed/vex/{id}", { path });
    saveAs(`vex-${of.id}.json`, await fileOf(answer));
  });
  const drop = useChange(() => remove("/v1/fed/vex/{id}", { path }), {
    done: t.removed,
    onDone: onClose,
  });
  if (removing) {
    return (
      <ConfirmByName
        title={t.removeTitle}
        name={of.document}
        action={t.remove}
        busy={drop.isPending}
        error={drop.error}
        onConfirm={() => drop.mutate()}
        onClose={() => setRemoving(false)}
      >
        <p>{t.removeText}</p>
      </ConfirmByName>
    );
  }
  return (
    <Dialog title={of.document} place="side" onClose={onClose}>
      <Facts
        of={[
          [t.author, of.author || "–"],
          [t.format, t.formats[of.format] ?? of.format],
          [t.statements, format.number(of.statements)],
          [t.issued, of.issued_timestamp ? format.moment(of.issued_timestamp * 1_000) : "–"],
          [t.uploaded, format.moment(of.uploaded_timestamp * 1_000)],
          [t.uploadedBy, of.uploaded_by],
          [t.size, format.bytes(of.size)],
          [t.digest, <code key="d">{of.digest}</code>],
        ]}
      />
      <Refusal error={download.error} />
      <div className="actions">
        <button type="button" disabled={download.isPending} onClick={() => download.mutate()}>
          <Download aria-hidden size={16} /> {t.download}
        </button>
        {writable && (
          <button type="button" onClick={() => setRemoving(true)}>
            <Trash2 aria-hidden size={16} /> {t.remove}
          </button>
        )}
      </div>
    </Dialog>
  );
}
