import { useState } from "react";

import { get, patch, remove, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { usePromotion } from "../../transfer/usePromotion";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { inserted, newest } from "../own/inserted";
import { OriginNote } from "../own/OriginNote";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import type { NetworkRule } from "./NetworkRules";
import { networkText } from "./text";
import "../groups/criteria.css";

interface Props {
  /** The rule to look at or change; a new one where there is none. */
  rule: NetworkRule | undefined;
  /** All rules in their order. */
  rules: NetworkRule[];
  writable: boolean;
  onClose: () => void;
}

/** What of a rule its use changes. */
const COUNTED = { match_counter: 0, last_match_timestamp: 0 };
const ENDPOINTS = ["external", "nodes", "Workload:ingress"];

export function NetworkRuleDialog({ rule, rules, writable, onClose }: Props) {
  const t = useOwnedText(useText(networkText));
  const w = useText(words);
  const owner = useOwner();
  const { cluster, cfgType, selector: owned, target } = owner;
  const [from, setFrom] = useState(rule?.from ?? "");
  const [to, setTo] = useState(rule?.to ?? "");
  const [ports, setPorts] = useState(rule?.ports ?? "any");
  const [applications, setApplications] = useState((rule?.applications ?? ["any"]).join(","));
  const [action, setAction] = useState(rule?.action ?? "allow");
  const [comment, setComment] = useState(rule?.comment ?? "");
  const [on, setOn] = useState(!rule?.disable);
  const [selector, setSelector] = useState(rule ? textOf(rule.cluster_selector) : owned);
  const [after, setAfter] = useState(0);
  const groups = useGet("/v1/group", { ...target, query: { ...target.query, brief: true } });
  const id = rule?.id ?? 0;
  const one = (of: number) => ({ path: { id: String(of) } });
  const put = (of: Schema<"PolicyRuleConfig">) =>
    patch("/v1/policy/rule/{id}", { config: of }, { ...target, ...one(id) });
  const dropIt = (of: number) => remove("/v1/policy/rule/{id}", { ...target, ...one(of) });
  const save = useChange(
    async () => {
      const said = {
        from,
        to,
        ports,
        action,
        comment,
        applications: applications
          .split(",")
          .map((name) => name.trim())
          .filter(Boolean),
        disable: !on,
        cfg_type: cfgType,
        cluster_selector: cluster ? null : selectorOf(selector),
      };
      if (rule) {
        await put({ id, ...said });
        return id;
      }
      const insert = { after, rules: [{ id: 0, learned: false, ...said }] };
      return inserted(
        () => patch("/v1/policy/rule", { insert }, target),
        async () => (await get("/v1/policy/rule", newest(owner))).rules[0],
        (made) => made.from === from && made.to === to && made.comment === comment,
      );
    },
    {
      done: t.saved,
      onDone: onClose,
      federated: !owner.cluster,
      read: async (_, made = id) => {
        const { rule: now } = await get("/v1/policy/rule/{id}", { ...one(made), cluster });
        return { ...now, ...COUNTED };
      },
      undo: (_, made) => {
        if (!rule) return made ? () => dropIt(made) : undefined;
        const { from = "", to = "", ports = "any", action = "allow", comment = "" } = rule;
        const { applications = ["any"], disable = false } = rule;
        const cluster_selector = cluster ? null : (rule.cluster_selector ?? {});
        const was = { from, to, ports, action, comment, applications, disable };
        return () => put({ id, ...was, cfg_type: cfgType, cluster_selector });
      },
    },
  );
  const drop = useChange(() => dropIt(id), { done: t.removed, onDone: onClose });
  const known = (groups.data?.groups ?? []).map((group) => group.name ?? "");
  const names = new Set([...known, ...ENDPOINTS]);
  const promotion = usePromotion("/v1/policy/rules/promote", rule, onClose);
  if (promotion.confirmation) return promotion.confirmation;
  return (
    <FormDialog
      title={rule ? t.rule(id) : t.add}
      now={rule && { ...rule, ...COUNTED }}
      save={save}
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
            {promotion.offer}
            <Propagation kind="network rule" name={String(id)} />
          </>
        )
      }
    >
      <datalist id="endpoint-names">
        {[...names].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="form two">
        <Field label={t.from}>
          <input
            list="endpoint-names"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
            required
          />
        </Field>
        <Field label={t.to}>
          <input
            list="endpoint-names"
            value={to}
            onChange={(event) => setTo(event.target.value)}
            required
          />
        </Field>
        <Field label={t.ports} hint={t.portsHint}>
          <input value={ports} onChange={(event) => setPorts(event.target.value)} required />
        </Field>
        <Field label={t.applications} hint={t.applicationsHint}>
          <input
            value={applications}
            onChange={(event) => setApplications(event.target.value)}
            required
          />
        </Field>
        <Field label={t.action}>
          <select value={action} onChange={(event) => setAction(event.target.value)}>
            <option value="allow">{t.allow}</option>
            <option value="deny">{t.deny}</option>
          </select>
        </Field>
        {!rule && (
          <Field label={t.position}>
            <select value={after} onChange={(event) => setAfter(Number(event.target.value))}>
              <option value={0}>{t.first}</option>
              {rules.map(({ id: other = 0, from: a, to: b }) => (
                <option key={other} value={other}>
                  {t.after(other, `${a} → ${b}`)}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      {!cluster && <SelectorField text={selector} onChange={setSelector} />}
      <Switch label={t.on} checked={on} onChange={setOn} disabled={!writable} />
    </FormDialog>
  );
}
