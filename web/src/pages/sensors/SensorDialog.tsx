import { useState } from "react";

import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { changeSensor, createSensor, type Kind, removeSensor, type Sensor } from "./kind";
import { SensorRules } from "./SensorRules";
import { sensorsText } from "./text";
import "../groups/criteria.css";

interface Props {
  kind: Kind;
  /** The sensor to look at or change; a new one where there is none. */
  sensor: Sensor | undefined;
  writable: boolean;
  onClose: () => void;
}

export function SensorDialog({ kind, sensor, writable, onClose }: Props) {
  const t = useText(sensorsText);
  const w = useText(words);
  const [name, setName] = useState(sensor?.name ?? "fed.");
  const [comment, setComment] = useState(sensor?.comment ?? "");
  const [rules, setRules] = useState(sensor?.rules ?? []);
  const [removing, setRemoving] = useState(false);
  const save = useChange(
    () => {
      const config = { name, comment, rules, cfg_type: "federal" };
      return sensor ? changeSensor(kind, config) : createSensor(kind, config);
    },
    { done: t.saved, onDone: onClose },
  );
  const drop = useChange(() => removeSensor(kind, name), { done: t.removed, onDone: onClose });
  if (removing) {
    return (
      <ConfirmByName
        title={t.remove}
        name={name}
        action={w.delete}
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
    <Dialog title={sensor ? name : t.add} place="side" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <fieldset className="bare" disabled={!writable}>
          <Field label={w.name} hint={t.nameHint}>
            <input
              value={name}
              pattern="fed\..+"
              disabled={sensor !== undefined}
              onChange={(event) => setName(event.target.value)}
              required
            />
          </Field>
          <Field label={w.comment}>
            <input value={comment} onChange={(event) => setComment(event.target.value)} />
          </Field>
          <SensorRules rules={rules} onChange={setRules} />
        </fieldset>
        <Refusal error={save.error} />
        {writable && (
          <div className="actions">
            {sensor && (
              <button type="button" onClick={() => setRemoving(true)}>
                {w.delete}
              </button>
            )}
            <button
              type="submit"
              className="primary"
              disabled={save.isPending || rules.length === 0}
            >
              {save.isPending ? w.saving : w.save}
            </button>
          </div>
        )}
      </form>
    </Dialog>
  );
}
