import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { get, patch, remove, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { inserted, newest } from "../own/inserted";
import { OriginNote } from "../own/OriginNote";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import { Conditions } from "./Conditions";
import type { ResponseRule } from "./ResponseRules";
import { responseText } from "./text";
import "../groups/criteria.css";

interface Props {
  /** The rule to look at or change; a new one where there is none. */
  rule: ResponseRule | undefined;
  writable: boolean;
  onClose: () => void;
}

export function ResponseRuleDialog({ rule, writable, onClose }: Props) {
  const t = useOwnedText(useText(responseText));
  const owner = useOwner();
  const { cluster, cfgType, selector: owned, target } = owner;
  const w = useText(words);
  const seesSettings = useMay()("config", "read");
  const options = useGet("/v1/response/options", target).data;
  const brief = { ...target, query: { ...target.query, brief: true } };
  const groups = useGet("/v1/group", brief).data?.groups ?? [];
  const [comment, setComment] = useState(rule?.comment ?? "");
  const [event, setEvent] = useState(rule?.event ?? "");
  const [group, setGroup] = useState(rule?.group ?? "");
  const [conditions, setConditions] = useState(rule?.conditions ?? []);
  const [actions, setActions] = useState(rule?.actions ?? []);
  const [webhooks, setWebhooks] = useState(rule?.webhooks ?? []);
  const [on, setOn] = useState(!rule?.disable);
  const [selector, setSelector] = useState(rule ? textOf(rule.cluster_selector) : owned);
  const id = rule?.id ?? 0;
  const one = (of: number) => ({ path: { id: String(of) } });
  const put = (of: Schema<"ResponseRuleConfig">) =>
    patch("/v1/response/rule/{id}", { config: of }, { ...target, ...one(id) });
  const dropIt = (of: number) => remove("/v1/response/rule/{id}", { ...target, ...one(of) });
  const save = useChange(
    async () => {
      const said = {
        id,
        comment,
        event,
        group,
        conditions,
        actions,
        webhooks: actions.includes("webhook") ? webhooks : [],
        disable: !on,
        cfg_type: cfgType,
        cluster_selector: cluster ? null : selectorOf(selector),
      };
      if (rule) {
        await put(said);
        return id;
      }
      const insert = { after: 0, rules: [said] };
      return inserted(
        () => patch("/v1/response/rule", { insert }, target),
        async () => (await get("/v1/response/rule", newest(owner))).rules[0],
        (made) => made.event === event && made.group === group && made.comment === comment,
      );
    },
    {
      done: t.saved,
      onDone: onClose,
      federated: !owner.cluster,
      read: (_, made = id) => get("/v1/response/rule/{id}", { ...one(made), cluster }),
      undo: (_, made) => {
        if (!rule) return made ? () => dropIt(made) : undefined;
        const { comment = "", event = "", group = "", disable = false } = rule;
        const { conditions = [], actions = [], webhooks = [] } = rule;
        const cluster_selector = cluster ? null : (rule.cluster_selector ?? {});
        const was = { comment, event, group, conditions, actions, webhooks, disable };
        return () => put({ id, ...was, cfg_type: cfgType, cluster_selector });
      },
    },
  );
  const drop = useChange(() => dropIt(id), { done: t.removed, onDone: onClose });
  const toggle = (all: string[], name: string, wanted: boolean) =>
    wanted ? [...all, name] : all.filter((one) => one !== name);
  const events = Object.keys(options?.response_rule_options ?? {});
  const known = options?.response_rule_options[event];
  return (
    <FormDialog
      title={rule ? t.rule(id) : t.add}
      now={rule}
      save={save}
      ready={actions.length > 0 && conditions.length > 0}
      lacks={conditions.length > 0 ? t.lacksActions : t.lacksConditions}
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
        rule && (
          <>
            <OriginNote of={rule} />
            <Propagation kind="response rule" name={String(id)} />
          </>
        )
      }
    >
      <div className="form two">
        <Field label={t.event}>
          <select
            value={event}
            onChange={(chosen) => {
              setEvent(chosen.target.value);
              const types = options?.response_rule_options[chosen.target.value]?.types ?? [];
              const kept = conditions.filter(
                ({ type = "", value }) => value && types.includes(type),
              );
              setConditions(kept.length > 0 ? kept : [{ type: types[0] ?? "", value: "" }]);
            }}
            required
          >
            {!events.includes(event) && <option value={event}>{t.eventNames[event] ?? "–"}</option>}
            {events.map((one) => (
              <option key={one} value={one}>
                {t.eventNames[one] ?? one}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.group}>
          <select value={group} onChange={(chosen) => setGroup(chosen.target.value)}>
            <option value="">{t.anyGroup}</option>
            {group && !groups.some(({ name }) => name === group) && (
              <option value={group}>{group}</option>
            )}
            {groups.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Field label={w.comment}>
        <input value={comment} onChange={(typed) => setComment(typed.target.value)} />
      </Field>
      <Conditions options={known} conditions={conditions} onChange={setConditions} />
      <fieldset>
        <legend>{t.actions}</legend>
        {Object.entries(t.actionNames).map(([action, text]) => (
          <label key={action} className="check">
            <input
              type="checkbox"
              checked={actions.includes(action)}
              onChange={(chosen) => setActions(toggle(actions, action, chosen.target.checked))}
            />
            {text}
          </label>
        ))}
        {actions.includes("webhook") && options?.webhooks.length === 0 && (
          <p className="hint inner">
            {t.noWebhooks}{" "}
            {writable && seesSettings && (
              // Elsewhere: what is filled in here stays.
              <Link to={"/system" as never} search={{ open: "webhook" } as never} target="_blank">
                {t.addWebhook}
              </Link>
            )}
          </p>
        )}
        {actions.includes("webhook") &&
          (options?.webhooks ?? []).map((name) => (
            <label key={name} className="check inner">
              <input
                type="checkbox"
                checked={webhooks.includes(name)}
                onChange={(chosen) => setWebhooks(toggle(webhooks, name, chosen.target.checked))}
              />
              {name}
            </label>
          ))}
      </fieldset>
      {!cluster && <SelectorField text={selector} onChange={setSelector} />}
      <Switch label={t.on} checked={on} onChange={setOn} disabled={!writable} />
    </FormDialog>
  );
}
