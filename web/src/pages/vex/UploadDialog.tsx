import { useState } from "react";

import { send } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { vexText } from "./text";

/** Takes a document from a file or from what is pasted. */
export function UploadDialog({ onClose }: { onClose: () => void }) {
  const t = useText(vexText);
  const [text, setText] = useState("");
  const save = useChange(
    () => send("post", "/v1/fed/vex", {}, new Blob([text], { type: "application/json" })),
    { done: t.taken, onDone: onClose },
  );
  return (
    <FormDialog
      title={t.upload}
      save={save}
      action={t.upload}
      busyAction={t.uploading}
      onClose={onClose}
    >
      <Field label={t.file}>
        <input
          type="file"
          accept=".json"
          onChange={(event) => void event.target.files?.[0]?.text().then(setText)}
        />
      </Field>
      <Field label={t.content} hint={t.contentHint}>
        <textarea
          rows={16}
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          required
        />
      </Field>
    </FormDialog>
  );
}
