import { Download, Upload } from "lucide-react";
import { useState } from "react";

import { fileOf, send } from "../../api/client";
import { ApiError } from "../../api/error";
import { useChange } from "../../api/query";
import { administers, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { importFile } from "../../transfer/follow";
import { LeftOut } from "../../transfer/LeftOut";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Field, Switch } from "../../ui/Field";
import { FileInput } from "../../ui/FileInput";
import { notify } from "../../ui/notices";
import { Card } from "../../ui/Page";
import { saveAs } from "../../ui/saveAs";
import { useFederation } from "../clusters/members";
import { systemText } from "./text";

const PATH = "/v1/file/config";

/** The whole configuration as a file, and the way back. */
export function ConfigurationCard() {
  const t = useText(systemText);
  const [importing, setImporting] = useState(false);
  const writable = useAllowed(administers);
  const exported = useChange(
    async () => {
      const answer = await send("get", PATH, { query: { raw: true } });
      saveAs("palisade-configuration.gz", await fileOf(answer));
    },
    { tell: true },
  );
  return (
    <Card title={t.configuration}>
      <p className="hint">{t.configurationText}</p>
      <div className="toolbar">
        <button type="button" disabled={exported.isPending} onClick={() => exported.mutate()}>
          <Download aria-hidden size={16} /> {t.exportConfiguration}
        </button>
        {writable && (
          <button type="button" onClick={() => setImporting(true)}>
            <Upload aria-hidden size={16} /> {t.importConfiguration}
          </button>
        )}
      </div>
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </Card>
  );
}

function ImportDialog({ onClose }: { onClose: () => void }) {
  const t = useText(systemText);
  const w = useText(words);
  const federation = useFederation().data?.master_cluster?.name;
  const [file, setFile] = useState<File>();
  const [merge, setMerge] = useState(false);
  const [percentage, setPercentage] = useState(0);
  const run = useChange(
    async () => {
      if (!file) throw new Error(w.noFile);
      const query = { option: merge ? "merge" : "replace" };
      return importFile(PATH, file, { query, overwrite: false, onProgress: setPercentage });
    },
    {
      // What is still to be given stays to be read.
      onDone: (leftOut) => {
        if (leftOut.length > 0) return;
        notify(t.configurationImported);
        onClose();
      },
    },
  );
  // What was refused does not hide what the rest of the file left out.
  const refused = run.error instanceof ApiError ? run.error : undefined;
  const leftOut = refused?.leftOut ?? run.data ?? [];
  if (leftOut.length > 0) {
    return (
      <Dialog
        title={refused ? t.configurationImportedInParts : t.configurationImported}
        onClose={onClose}
      >
        <Refusal error={run.error} />
        <LeftOut of={leftOut} made />
        <div className="actions">
          <button type="button" className="primary" onClick={onClose}>
            {w.close}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <ConfirmByName
      title={t.importConfiguration}
      name={federation ?? t.configuration}
      action={t.importConfiguration}
      busy={run.isPending}
      error={run.error}
      onConfirm={() => run.mutate()}
      onClose={onClose}
    >
      <div className="form">
        <p>{merge ? t.mergeText : t.replaceText}</p>
        <Field label={t.configurationFile}>
          <FileInput required onFile={setFile} />
        </Field>
        <Switch label={t.merge} checked={merge} onChange={setMerge} />
        {run.isPending && (
          <progress value={percentage} max={100} aria-label={t.importConfiguration} />
        )}
      </div>
    </ConfirmByName>
  );
}
