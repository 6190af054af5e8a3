import { useState } from "react";

import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { OriginNote } from "../own/OriginNote";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import {
  changeSensor,
  createSensor,
  type Kind,
  readSensor,
  removeSensor,
  type Sensor,
  type SensorRule,
} from "./kind";
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

/** What of a sensor the form changes. */
function changing({ comment, rules, cluster_selector }: Sensor) {
  return [comment, rules, cluster_selector];
}

export function SensorDialog({ kind, sensor, writable, onClose }: Props) {
  const t = useOwnedText(useText(sensorsText));
  const owner = useOwner();
  const w = useText(words);
  const [name, setName] = useState(sensor?.name ?? owner.prefix);
  const [comment, setComment] = useState(sensor?.comment ?? "");
  const [rules, setRules] = useState(sensor?.rules ?? []);
  const [selector, setSelector] = useState(
    sensor ? textOf(sensor.cluster_selector) : owner.selector,
  );
  const configOf = (comment: string, rules: SensorRule[], selector: string) => {
    const cluster_selector = owner.cluster ? null : selectorOf(selector);
    return { name, comment, rules, cfg_type: owner.cfgType, cluster_selector };
  };
  const dropIt = () => removeSensor(kind, name, owner.target);
  const save = useChange(
    () => {
      const put = sensor ? changeSensor : createSensor;
      return put(kind, configOf(comment, rules, selector), owner.target);
    },
    {
      done: t.saved,
      onDone: onClose,
      federated: !owner.cluster,
      read: async () => changing(await readSensor(kind, name, owner.cluster)),
      undo: () => {
        if (!sensor) return dropIt;
        const selector = textOf(sensor.cluster_selector);
        const was = configOf(sensor.comment ?? "", sensor.rules ?? [], selector);
        return () => changeSensor(kind, was, owner.target);
      },
    },
  );
  const drop = useChange(dropIt, { done: t.removed, onDone: onClose });
  return (
    <FormDialog
      title={sensor ? name : t.add}
      now={sensor && changing(sensor)}
      save={save}
      ready={rules.length > 0}
      lacks={t.lacksRules}
      writable={writable}
      removal={
        sensor && { change: drop, title: t.remove, name, action: w.delete, text: t.removeText }
      }
      onClose={onClose}
      below={
        sensor &&
        !sensor.predefine && (
          <>
            <OriginNote of={sensor} />
            <Propagation kind={kind === "dlp" ? "DLP sensor" : "WAF sensor"} name={name} />
          </>
        )
      }
    >
      <Field label={w.name} hint={t.nameHint}>
        <input
          value={name}
          pattern={owner.pattern}
          disabled={sensor !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <SensorRules rules={rules} onChange={setRules} />
      {!owner.cluster && <SelectorField text={selector} onChange={setSelector} />}
    </FormDialog>
  );
}
