import { Download, Upload } from "lucide-react";
import { useState } from "react";

import { fileOf, type PathOf, type Sent, send, type Target } from "../api/client";
import { useChange } from "../api/query";
import { ownText } from "../pages/own/text";
import { reachOf, useAllowed } from "../session/permissions";
import { useText } from "../text/language";
import { Switch } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { saveAs } from "../ui/saveAs";
import { FileText } from "./FileText";
import { importFile } from "./follow";
import { transferText } from "./text";

/** Where objects of one owner are asked for. */
type Owned = Pick<Target, "cluster" | "query">;

interface Props<P extends PathOf<"post">> {
  /** What is exported and imported, for people. */
  what: string;
  /** The file, with its ending. */
  file: string;
  exportPath: P;
  importPath: PathOf<"post">;
  /** Whose objects they are. */
  target?: Owned;
  /** What an export of them names; none where there is nothing to export. */
  names: (target: Owned) => Promise<Sent<P, "post"> | undefined>;
  /** How an import is asked to remove what the file lacks, where it can. */
  replace?: "header" | "option";
  writable: boolean;
}

/** Gives all objects of a kind as YAML, and takes such a file. */
export function Transfer<P extends PathOf<"post">>(props: Props<P>) {
  const { what, file, exportPath, target = {}, names, writable } = props;
  const t = useText(transferText);
  const [importing, setImporting] = useState(false);
  // A file says which federated objects there are, for all clusters.
  const forAll = useAllowed((self) => reachOf(self) === "all");
  const exported = useChange(
    async () => {
      const body = await names(target);
      if (body === undefined) throw new Error(t.nothing);
      const answer = await send("post", exportPath, target, body);
      saveAs(file, await fileOf(answer));
    },
    { tell: true },
  );
  return (
    <>
      <button type="button" disabled={exported.isPending} onClick={() => exported.mutate()}>
        <Download aria-hidden size={16} /> {t.export}
      </button>
      {writable && (forAll || target.cluster) && (
        <button type="button" onClick={() => setImporting(true)}>
          <Upload aria-hidden size={16} /> {t.import}
        </button>
      )}
      {importing && <ImportDialog {...props} what={what} onClose={() => setImporting(false)} />}
    </>
  );
}

interface DialogProps
  extends Pick<Props<PathOf<"post">>, "what" | "importPath" | "target" | "replace"> {
  onClose: () => void;
}

function ImportDialog({ what, importPath, target = {}, replace, onClose }: DialogProps) {
  const t = useText(transferText);
  const own = useText(ownText);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState("");
  const [overwrite, setOverwrite] = useState(false);
  const [percentage, setPercentage] = useState(0);
  const run = useChange(
    () =>
      importFile(importPath, new Blob([text], { type: "application/yaml" }), {
        ...target,
        query: {
          ...target.query,
          ...(replace === "option" && { option: overwrite ? "replace" : "merge" }),
        },
        overwrite: replace === "header" && overwrite,
        onProgress: setPercentage,
      }),
    { done: target.cluster ? own.imported : t.done, onDone: onClose },
  );
  const progress = run.isPending && (
    <progress value={percentage} max={100} aria-label={t.importing} />
  );
  const confirmation = {
    title: t.replace,
    name: what,
    children: (
      <>
        <p>{t.replaceText(what)}</p>
        {progress}
      </>
    ),
  };
  return (
    <FormDialog
      title={t.importOf(what)}
      save={run}
      action={t.import}
      busyAction={t.importing}
      confirmation={replace && overwrite ? confirmation : undefined}
      onClose={onClose}
    >
      <FileText
        text={text}
        onText={setText}
        file={chosen}
        onFile={setChosen}
        accept=".yaml,.yml,.json"
        hint={t.contentHint}
      />
      {replace && <Switch label={t.replace} checked={overwrite} onChange={setOverwrite} />}
      {progress}
    </FormDialog>
  );
}
