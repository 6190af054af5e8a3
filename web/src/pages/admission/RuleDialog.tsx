import { useState } from "react";

import { get, patch, post, remove } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { usePromotion } from "../../transfer/usePromotion";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { OriginNote } from "../own/OriginNote";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import type { Rule } from "./AdmissionRules";
import { CriterionBuilder } from "./CriterionBuilder";
import { type CustomOption, filled, type Options, optionsOf } from "./criteria";
import { DryRun } from "./DryRun";
import { admissionText } from "./text";
import "../groups/criteria.css";

interface Props {
  /** The rule to look at or change; a new one where there is none. */
  rule: Rule | undefined;
  options: Options;
  /** How values at paths are compared, by their type. */
  custom: CustomOption[];
  writable: boolean;
  onClose: () => void;
}

export function RuleDialog({ rule, options, custom, writable, onClose }: Props) {
  const t = useOwnedText(useText(admissionText));
  const { cluster, cfgType, selector: owned, target } = useOwner();
  const w = useText(words);
  const [kind, setKind] = useState(rule?.rule_type ?? "deny");
  const [comment, setComment] = useState(rule?.comment ?? "");
  const [mode, setMode] = useState(rule?.rule_mode ?? "");
  const [on, setOn] = useState(!rule?.disable);
  const [criteria, setCriteria] = useState(rule?.criteria ?? []);
  const [containers, setContainers] = useState(rule?.containers ?? ["containers"]);
  const [selector, setSelector] = useState(rule ? textOf(rule.cluster_selector) : owned);
  const id = rule?.id ?? 0;
  const config = {
    id,
    category: "Kubernetes",
    cfg_type: cfgType,
    rule_type: kind,
    rule_mode: mode,
    comment,
    disable: !on,
    criteria: filled(criteria),
    containers,
    cluster_selector: cluster ? null : selectorOf(selector),
  };
  const put = (of: typeof config) => patch("/v1/admission/rule", { config: of }, target);
  const dropIt = (of: number) =>
    remove("/v1/admission/rule/{id}", { ...target, path: { id: String(of) } });
  const save = useChange(
    async () => {
      if (!rule) return (await post("/v1/admission/rule", { config }, target))?.rule?.id;
      await put(config);
      return id;
    },
    {
      done: t.saved,
      onDone: onClose,
      federated: !cluster,
      read: (_, made) => get("/v1/admission/rule/{id}", { path: { id: String(made) }, cluster }),
      undo: (_, made) => {
        if (!rule) return made ? () => dropIt(made) : undefined;
        const { comment = "", disable = false, rule_mode = "", criteria = [] } = rule;
        const was = { comment, disable, rule_mode, criteria };
        const forClusters = cluster ? null : (rule.cluster_selector ?? {});
        const among = rule.containers ?? ["containers"];
        return () => put({ ...config, ...was, containers: among, cluster_selector: forClusters });
      },
    },
  );
  const drop = useChange(() => dropIt(id), { done: t.removed, onDone: onClose });
  const toggle = (name: string, wanted: boolean) =>
    setContainers(wanted ? [...containers, name] : containers.filter((one) => one !== name));
  const promotion = usePromotion("/v1/admission/rule/promote", rule, onClose);
  if (promotion.confirmation) return promotion.confirmation;
  return (
    <FormDialog
      title={rule ? t.rule(id) : t.add}
      now={rule}
      save={save}
      ready={criteria.length > 0 && containers.length > 0}
      lacks={criteria.length > 0 ? t.lacksContainers : t.lacksCriteria}
      writable={writable}
      removal={
        rule && {
          change: drop,
          title: t.remove,
          name: String(id),
          action: w.delete,
          text: t.removeText,
        }
      }
      onClose={onClose}
      below={
        rule &&
        !rule.critical && (
          <>
            <OriginNote of={rule} />
            {promotion.offer}
            <Propagation kind="admission rule" name={String(id)} />
          </>
        )
      }
    >
      <div className="form two">
        <Field label={t.kind}>
          <select
            value={kind}
            disabled={rule !== undefined}
            onChange={(event) => {
              const offered = optionsOf(options, event.target.value);
              setKind(event.target.value);
              setCriteria(criteria.filter(({ name }) => name in offered));
            }}
          >
            <option value="deny">{t.deny}</option>
            <option value="exception">{t.exception}</option>
          </select>
        </Field>
        <Field label={t.mode}>
          <select value={mode} onChange={(event) => setMode(event.target.value)}>
            {Object.entries(t.modes).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <CriterionBuilder
        options={optionsOf(options, kind)}
        verifiers={options.sigstore_verifiers ?? []}
        custom={custom}
        criteria={criteria}
        onChange={setCriteria}
      />
      <fieldset>
        <legend>{t.containers}</legend>
        {Object.entries(t.containerKinds).map(([name, text]) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={containers.includes(name)}
              onChange={(event) => toggle(name, event.target.checked)}
            />
            {text}
          </label>
        ))}
      </fieldset>
      {!cluster && <SelectorField text={selector} onChange={setSelector} />}
      <Switch label={t.on} checked={on} onChange={setOn} disabled={!writable} />
      {writable && !cluster && <DryRun config={config} />}
    </FormDialog>
  );
}
