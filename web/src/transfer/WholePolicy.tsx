import { Download, FileUp } from "lucide-react";
import { useState } from "react";

import { fileOf, type Schema, send } from "../api/client";
import { useChange } from "../api/query";
import { useKindName } from "../pages/history/kinds";
import { useText } from "../text/language";
import { Switch } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { saveAs } from "../ui/saveAs";
import { FileText } from "./FileText";
import { LeftOut } from "./LeftOut";
import { transferText } from "./text";

const PATH = "/v1/fed/policy";

/** Gives all federated objects as one file, and makes true what such a file says. */
export function WholePolicy({ writable }: { writable: boolean }) {
  const t = useText(transferText);
  const [applying, setApplying] = useState(false);
  const exported = useChange(
    async () => saveAs("federation.yaml", await fileOf(await send("get", PATH))),
    { tell: true },
  );
  return (
    <>
      <button type="button" disabled={exported.isPending} onClick={() => exported.mutate()}>
        <Download aria-hidden size={16} /> {t.exportAll}
      </button>
      {writable && (
        <button type="button" onClick={() => setApplying(true)}>
          <FileUp aria-hidden size={16} /> {t.applyFile}
        </button>
      )}
      {applying && <ApplyDialog onClose={() => setApplying(false)} />}
    </>
  );
}

type Plan = Schema<"FedPolicyPlan">;

function ApplyDialog({ onClose }: { onClose: () => void }) {
  const t = useText(transferText);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState("");
  const [prune, setPrune] = useState(false);
  const asked = JSON.stringify([text, prune]);
  const run = async (dry_run: boolean) => {
    const file = new Blob([text], { type: "application/yaml" });
    const answer = await send("post", PATH, { query: { prune, dry_run } }, file);
    return { asked, plan: (await answer.json()) as Plan };
  };
  const plan = useChange(() => run(true));
  const apply = useChange(() => run(false), { done: t.applied, onDone: onClose });
  // Only what was seen is applied: another text is planned anew.
  const planned = plan.data?.asked === asked ? plan.data.plan : undefined;
  const confirmation = {
    title: t.replace,
    name: t.policy,
    children: (
      <>
        <p>{t.pruneText}</p>
        {planned && <Planned of={planned} />}
      </>
    ),
  };
  return (
    <FormDialog
      title={t.applyFile}
      save={planned ? apply : plan}
      action={planned ? t.apply : t.plan}
      busyAction={planned ? t.importing : t.planning}
      ready={planned?.plan.length !== 0}
      confirmation={planned && prune ? confirmation : undefined}
      onClose={onClose}
    >
      <p className="hint">{t.applyHint}</p>
      <FileText text={text} onText={setText} file={chosen} onFile={setChosen} accept=".yaml,.yml" />
      <Switch label={t.replace} checked={prune} onChange={setPrune} />
      {planned && <Planned of={planned} />}
    </FormDialog>
  );
}

function Planned({ of: { plan, left_out = [] } }: { of: Plan }) {
  const t = useText(transferText);
  const kindName = useKindName();
  return (
    <section className="stack" aria-label={t.planTitle}>
      <p role="status">{plan.length === 0 ? t.planNothing : t.planTold(plan.length)}</p>
      <ul className="stack">
        {plan.map((one) => (
          <li key={`${one.kind} ${one.name}`}>
            {kindName(one.kind)} {one.name}: <b>{t.planActions[one.action] ?? one.action}</b>
            {(one.fields ?? []).map((field) => (
              <div key={field.name} className="hint">
                {field.name}: <code>{shown(field.before)}</code> → <code>{shown(field.after)}</code>
              </div>
            ))}
          </li>
        ))}
      </ul>
      <LeftOut of={left_out} />
    </section>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
