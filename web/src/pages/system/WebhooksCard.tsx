import { Pencil, Plus } from "lucide-react";
import { useState } from "react";

import { get, patch, post, remove, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field, Switch } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { State } from "../../ui/State";
import { ForClusters } from "../clusters/ForClusters";
import { SelectorField } from "../clusters/SelectorField";
import { selectorOf, textOf } from "../clusters/selector";
import { Origin } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { ownText } from "../own/text";
import { Propagation } from "../rollouts/Propagation";
import { systemText } from "./text";
import "./system.css";

type Webhook = Schema<"Webhook">;

const KINDS = ["", "Slack", "Teams", "JSON"];

/** What response rules can call: in every cluster, or in the one that is the scope. */
export function WebhooksCard() {
  const t = useText(systemText);
  const w = useText(words);
  const owner = useOwner();
  const [url, setUrl] = useUrl();
  const query = useGet(
    "/v1/system/config",
    owner.cluster ? { cluster: owner.cluster } : owner.target,
  );
  const { writable } = owner;
  const of = query.data;
  const own = owner.cluster ? (of?.config.webhooks ?? []) : [];
  const webhooks = [...(of?.fed_config?.webhooks ?? []), ...own];
  const opened = webhooks.find((one) => one.name === url.name);
  return (
    <Card
      title={t.webhooks}
      wide
      actions={
        writable && (
          <button
            type="button"
            onClick={() => setUrl({ open: "webhook", name: "" }, { push: true })}
          >
            <Plus aria-hidden size={16} /> {w.add}
          </button>
        )
      }
    >
      <Loaded query={query} what={t.webhooks}>
        {() =>
          webhooks.length === 0 ? (
            <p className="hint">{owner.cluster ? t.noWebhooksHere : t.noWebhooks}</p>
          ) : (
            <ul className="webhooks">
              {webhooks.map((one) => (
                <li key={one.name}>
                  <b>{one.name}</b>
                  <span>{one.url}</span>
                  <span className="tag">{one.type || t.plain}</span>
                  <ForClusters of={one.cluster_selector} />
                  {owner.cluster && <Origin of={one.cfg_type} />}
                  <State tone={one.enable ? "good" : "quiet"}>
                    {one.enable ? w.enabled : w.disabled}
                  </State>
                  {writable && owns(owner, one) && (
                    <button
                      type="button"
                      className="plain"
                      aria-label={`${w.edit}: ${one.name}`}
                      onClick={() =>
                        setUrl({ open: "webhook", name: one.name ?? "" }, { push: true })
                      }
                    >
                      <Pencil aria-hidden size={16} />
                    </button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {url.open === "webhook" && writable && (!url.name || (opened && owns(owner, opened))) && (
        <WebhookDialog
          key={url.name}
          webhook={opened}
          onClose={() => setUrl({ open: "", name: "" })}
        />
      )}
    </Card>
  );
}

interface Props {
  webhook: Webhook | undefined;
  onClose: () => void;
}

function WebhookDialog({ webhook, onClose }: Props) {
  const t = useText(systemText);
  const w = useText(words);
  const own = useText(ownText);
  const { cluster, cfgType, pattern, prefix, selector: owned, target } = useOwner();
  const [name, setName] = useState(webhook?.name ?? prefix);
  const [address, setAddress] = useState(webhook?.url ?? "https://");
  const [kind, setKind] = useState(webhook?.type ?? "");
  const [on, setOn] = useState(webhook?.enable ?? true);
  const [proxy, setProxy] = useState(webhook?.use_proxy ?? false);
  const [selector, setSelector] = useState(webhook ? textOf(webhook.cluster_selector) : owned);
  const path = { name };
  const put = (config: Webhook) =>
    patch("/v1/system/config/webhook/{name}", { config }, { ...target, path });
  const dropIt = () => remove("/v1/system/config/webhook/{name}", { ...target, path });
  const save = useChange(
    async () => {
      const said = { name, url: address, type: kind, enable: on, use_proxy: proxy };
      const cluster_selector = cluster ? null : selectorOf(selector);
      const config = { ...said, cfg_type: cfgType, cluster_selector };
      if (webhook) await put(config);
      else await post("/v1/system/config/webhook", { config }, target);
    },
    {
      done: cluster ? own.saved : w.saved,
      onDone: onClose,
      federated: !cluster,
      read: async () => {
        const of = await get("/v1/system/config", cluster ? { cluster } : target);
        const now = cluster ? of.config.webhooks : of.fed_config?.webhooks;
        return now?.find((one) => one.name === name);
      },
      undo: () => {
        if (!webhook) return dropIt;
        const cluster_selector = cluster ? null : (webhook.cluster_selector ?? {});
        return () => put({ ...webhook, cfg_type: cfgType, cluster_selector });
      },
    },
  );
  const drop = useChange(dropIt, {
    done: cluster ? own.removed : t.webhookRemoved,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={webhook ? name : t.webhook}
      now={webhook}
      place="middle"
      save={save}
      removal={
        webhook && {
          change: drop,
          title: t.removeWebhook,
          name,
          action: w.remove,
          text: cluster ? own.removeText : t.removeWebhookText,
        }
      }
      onClose={onClose}
      below={webhook && <Propagation kind="webhook" name={name} />}
    >
      <Field label={w.name}>
        <input
          value={name}
          pattern={pattern}
          disabled={webhook !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={t.webhookUrl}>
        <input
          type="url"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          required
        />
      </Field>
      <Field label={t.webhookKind}>
        <select value={kind} onChange={(event) => setKind(event.target.value)}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {one || t.plain}
            </option>
          ))}
        </select>
      </Field>
      {!cluster && <SelectorField text={selector} onChange={setSelector} />}
      <Switch label={t.webhookOn} checked={on} onChange={setOn} />
      <Switch label={t.webhookProxy} checked={proxy} onChange={setProxy} />
    </FormDialog>
  );
}
