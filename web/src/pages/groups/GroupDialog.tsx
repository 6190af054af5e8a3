import { useState } from "react";

import { get, patch, post, remove, type Schema } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { Rows } from "../../ui/Rows";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { OriginNote } from "../own/OriginNote";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import type { Group } from "./Groups";
import { groupsText } from "./text";
import "./criteria.css";

type Entry = Schema<"CriteriaEntry">;

interface Props {
  /** The group to look at or change; a new one where there is none. */
  group: Group | undefined;
  writable: boolean;
  onClose: () => void;
}

/** What of a group the form changes. */
function changing({ comment, criteria, cluster_selector }: Group) {
  return [comment, criteria, cluster_selector];
}

export function GroupDialog({ group, writable, onClose }: Props) {
  const t = useOwnedText(useText(groupsText));
  const w = useText(words);
  const owner = useOwner();
  const [name, setName] = useState(group?.name ?? owner.prefix);
  const [comment, setComment] = useState(group?.comment ?? "");
  const [criteria, setCriteria] = useState<Entry[]>(
    group?.criteria ?? [{ key: "service", op: "=", value: "" }],
  );
  const [selector, setSelector] = useState(group ? textOf(group.cluster_selector) : owner.selector);
  const configOf = (comment: string, criteria: Entry[], selector: string) => {
    const cluster_selector = owner.cluster ? null : selectorOf(selector);
    return { config: { name, comment, criteria, cfg_type: owner.cfgType, cluster_selector } };
  };
  const put = (of: ReturnType<typeof configOf>) =>
    patch("/v1/group/{name}", of, { ...owner.target, path: { name } });
  const dropIt = () => remove("/v1/group/{name}", { ...owner.target, path: { name } });
  const save = useChange(
    () => {
      const of = configOf(comment, criteria, selector);
      return group ? put(of) : post("/v1/group", of, owner.target);
    },
    {
      done: t.saved,
      onDone: onClose,
      federated: !owner.cluster,
      read: async () => {
        const query = { ...(!owner.cluster && owner.target.query), f_name: name };
        const { groups } = await get("/v1/group", { query, cluster: owner.cluster });
        return groups.filter((one) => one.name === name).map(changing);
      },
      undo: () => {
        if (!group) return dropIt;
        const selector = textOf(group.cluster_selector);
        return () => put(configOf(group.comment ?? "", group.criteria ?? [], selector));
      },
    },
  );
  const drop = useChange(dropIt, { done: t.removed, onDone: onClose });
  const editable = writable && !group?.reserved && (!group || owns(owner, group));
  return (
    <FormDialog
      title={group ? name : t.add}
      now={group && changing(group)}
      save={save}
      writable={editable}
      removal={
        group && { change: drop, title: t.remove, name, action: w.delete, text: t.removeText }
      }
      onClose={onClose}
      below={
        group &&
        !group.reserved && (
          <>
            <OriginNote of={group} />
            <Propagation kind="group" name={name} />
          </>
        )
      }
    >
      <Field label={w.name} hint={t.nameHint}>
        <input
          value={name}
          pattern={owner.pattern}
          disabled={group !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <CriteriaBuilder criteria={criteria} onChange={setCriteria} />
      {!owner.cluster && <SelectorField text={selector} onChange={setSelector} />}
    </FormDialog>
  );
}

interface BuilderProps {
  criteria: Entry[];
  onChange: (criteria: Entry[]) => void;
}

/** Who the members are, one criterion a line. */
function CriteriaBuilder({ criteria, onChange }: BuilderProps) {
  const t = useText(groupsText);
  return (
    <fieldset>
      <legend>{t.criteria}</legend>
      <p className="hint">{t.criteriaHint}</p>
      <datalist id="group-keys">
        {Object.entries(t.keys).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </datalist>
      <Rows
        rows={criteria}
        onChange={onChange}
        className="criterion"
        blank={{ key: "", op: "=", value: "" }}
        add={t.addCriterion}
        remove={() => t.removeCriterion}
        needed
      >
        {(entry, put) => (
          <>
            <input
              aria-label={t.key}
              list="group-keys"
              value={entry.key}
              onChange={(event) => put({ ...entry, key: event.target.value })}
              required
            />
            <select
              aria-label={t.op}
              value={entry.op}
              onChange={(event) => put({ ...entry, op: event.target.value })}
            >
              {Object.entries(t.ops).map(([op, text]) => (
                <option key={op} value={op}>
                  {text}
                </option>
              ))}
            </select>
            <input
              aria-label={t.value}
              value={entry.value ?? ""}
              onChange={(event) => put({ ...entry, value: event.target.value })}
              required
            />
          </>
        )}
      </Rows>
    </fieldset>
  );
}
