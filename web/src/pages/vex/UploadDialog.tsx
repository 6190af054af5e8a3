import { useState } from "react";

import { send } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { FileText } from "../../transfer/FileText";
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
      <FileText
        text={text}
        onText={setText}
        accept=".json"
        label={t.content}
        hint={t.contentHint}
      />
    </FormDialog>
  );
}
