import { Download, Upload } from "lucide-react";
import { useState } from "react";

import { fileOf, send } from "../../api/client";
import { useChange } from "../../api/query";
import { administers, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { importFile } from "../../transfer/follow";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Field, Switch } from "../../ui/Field";
import { Card } from "../../ui/Page";
import { saveAs } from "../../ui/saveAs";
import { useFederation } from "../clusters/members";
import { systemText } from "./text";

const PATH = "/v1/file/config";

/** The whole configuration as a file, and the way back. */
export function ConfigurationCard() {
  const t = useText(systemText);
  const [importing, setImporting] = useState(false);
  const [leftOut, setLeftOut] = useState<string[]>([]);
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
      {leftOut.length > 0 && (
        <div className="stack" role="status">
          <p>{t.leftOut}</p>
          <ul>
            {leftOut.map((what) => (
              <li key={what}>{what}</li>
            ))}
          </ul>
        </div>
      )}
      {importing && <ImportDialog onDone={setLeftOut} onClose={() => setImporting(false)} />}
    </Card>
  );
}

interface DialogProps {
  /** Takes what was left out. */
  onDone: (leftOut: string[]) => void;
  onClose: () => void;
}

function ImportDialog({ onDone, onClose }: DialogProps) {
  const t = useText(systemText);
  const federation = useFederation().data?.master_cluster?.name;
  const [file, setFile] = useState<File>();
  const [merge, setMerge] = useState(false);
  const [percentage, setPercentage] = useState(0);
  const run = useChange(
    async () => {
      if (!file) throw new Error(t.noFile);
      const query = { option: merge ? "merge" : "replace" };
      return importFile(PATH, file, { query, overwrite: false, onProgress: setPercentage });
    },
    {
      done: t.configurationImported,
      onDone: (leftOut: string[]) => {
        onDone(leftOut);
        onClose();
      },
    },
  );
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
          <input
            type="file"
            required
            onChange={(event) => setFile(event.target.files?.[0] ?? undefined)}
          />
        </Field>
        <Switch label={t.merge} checked={merge} onChange={setMerge} />
        {run.isPending && (
          <progress value={percentage} max={100} aria-label={t.importConfiguration} />
        )}
      </div>
    </ConfirmByName>
  );
}
