import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { ifStill, patchTagged, type Schema, type Target } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { NumberField } from "../../ui/NumberField";
import { useTyping } from "../../ui/useUnsaved";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { rolloutsText } from "./text";

type Policy = Schema<"RolloutPolicy">;

/** A stage as it is typed. */
interface Draft {
  /** Tells the rows apart while they come and go. */
  key: number;
  selector: string;
  percent: number;
  wait: number;
}

interface Props {
  of: Policy;
  onClose: () => void;
}

/** Which clusters changes reach first, and when they halt. */
export function PolicyDialog({ of, onClose }: Props) {
  const t = useText(rolloutsText);
  const [enable, setEnable] = useState(of.enable ?? false);
  const [stages, setStages] = useState<Draft[]>(
    (of.stages ?? []).map((stage, key) => ({
      key,
      selector: textOf(stage.cluster_selector),
      percent: stage.percent ?? 0,
      wait: stage.wait_seconds ?? 0,
    })),
  );
  const [errors, setErrors] = useState(of.most_errors ?? 0);
  const [denials, setDenials] = useState(String(of.most_new_denials ?? ""));
  const put = (policy: Policy, still?: Target) =>
    patchTagged("/v1/fed/rollout_policy", { policy }, still);
  const save = useChange(
    () =>
      put({
        enable,
        stages: stages.map(({ selector, percent, wait }) => ({
          ...(selector.trim() && { cluster_selector: selectorOf(selector) }),
          percent,
          wait_seconds: wait,
        })),
        most_errors: errors,
        ...(denials !== "" && { most_new_denials: Number(denials) }),
      }),
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => (tag ? () => put(of, ifStill(tag)) : undefined),
    },
  );
  const switchOn = (value: boolean) => {
    setEnable(value);
    if (value && stages.length === 0) setStages([blankBeside(stages)]);
  };
  return (
    <FormDialog title={t.editPolicy} now={of} save={save} onClose={onClose}>
      <Switch label={t.enable} hint={t.enableHint} checked={enable} onChange={switchOn} />
      <StageFields stages={stages} onChange={setStages} />
      <NumberField label={t.mostErrors} min={0} value={errors} onChange={setErrors} />
      <Field label={t.mostDenials} hint={t.mostDenialsHint}>
        <input
          type="number"
          min={0}
          value={denials}
          onChange={(event) => setDenials(event.target.value)}
        />
      </Field>
    </FormDialog>
  );
}

/** A stage that is added to others. */
function blankBeside(stages: Draft[]): Draft {
  const key = Math.max(-1, ...stages.map((one) => one.key)) + 1;
  return { key, selector: "", percent: 10, wait: 600 };
}

interface StagesProps {
  stages: Draft[];
  onChange: (stages: Draft[]) => void;
}

/** The stages in their order. */
function StageFields({ stages, onChange }: StagesProps) {
  const t = useText(rolloutsText);
  const typing = useTyping();
  const become = (next: Draft[]) => {
    typing();
    onChange(next);
  };
  const put = (key: number, change: Partial<Draft>) =>
    onChange(stages.map((one) => (one.key === key ? { ...one, ...change } : one)));
  return (
    <>
      {stages.map((stage, index) => (
        <fieldset key={stage.key}>
          <legend>{t.stage(index + 1)}</legend>
          <SelectorField
            text={stage.selector}
            onChange={(selector) => put(stage.key, { selector })}
          />
          <NumberField
            label={t.percent}
            min={1}
            max={100}
            value={stage.percent}
            onChange={(value) => put(stage.key, { percent: value })}
          />
          <NumberField
            label={t.wait}
            min={0}
            value={stage.wait}
            onChange={(value) => put(stage.key, { wait: value })}
          />
          <button
            type="button"
            aria-label={t.removeStage(index + 1)}
            onClick={() => become(stages.filter((one) => one.key !== stage.key))}
          >
            <Trash2 aria-hidden size={16} />
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={() => become([...stages, blankBeside(stages)])}>
        <Plus aria-hidden size={16} /> {t.addStage}
      </button>
    </>
  );
}
