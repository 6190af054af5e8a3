import { Link } from "@tanstack/react-router";
import { Zap } from "lucide-react";

import { get, type Schema, type Target } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { everyRow } from "../../transfer/everyRow";
import { Transfer } from "../../transfer/Transfer";
import { AddButton, FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { ForClusters } from "../clusters/ForClusters";
import { useOriginColumn } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { ResponseRuleDialog } from "./ResponseRuleDialog";
import { responseText } from "./text";

export type ResponseRule = Schema<"ResponseRule">;

/** Those about a group are exported with the group. */
async function namesOfAll(target: Target) {
  const rules = await everyRow("/v1/response/rule", target, (answer) => answer.rules);
  const ids = rules.filter((rule) => !rule.group).map((rule) => rule.id ?? 0);
  return ids.length > 0 ? { ids } : undefined;
}

export function ResponseRules() {
  const t = useOwnedText(useText(responseText));
  const w = useText(words);
  const names = useText(pageNames);
  const owner = useOwner();
  const { cluster, target, writable } = owner;
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/response/rule", (answer) => answer.rules, {
    cluster,
    query: objectQuery(url, "comment", {}),
  });
  const origin = useOriginColumn<ResponseRule>((rule) => rule.cfg_type, "cfg_type");
  const columns: Column<ResponseRule>[] = [
    {
      id: "rule",
      title: w.name,
      sort: "id",
      width: "1.2fr",
      cell: (rule) => (
        <>
          <Opener open={String(rule.id)}>{t.rule(rule.id ?? 0)}</Opener>{" "}
          <ForClusters of={rule.cluster_selector} />
          {rule.comment && <span className="sub">{rule.comment}</span>}
        </>
      ),
    },
    {
      id: "event",
      title: t.event,
      sort: "event",
      cell: (rule) => t.eventNames[rule.event ?? ""] ?? rule.event,
    },
    {
      id: "group",
      title: t.group,
      sort: "group",
      cell: (rule) =>
        rule.group ? (
          <Link to={"/groups" as never} search={{ open: rule.group } as never}>
            {rule.group}
          </Link>
        ) : (
          t.anyGroup
        ),
    },
    {
      id: "conditions",
      title: t.conditions,
      width: "1.4fr",
      cell: (rule) =>
        (rule.conditions ?? []).map((one) => (
          <span key={`${one.type} ${one.value}`} className="tag">
            {t.conditionNames[one.type ?? ""] ?? one.type} <b>{one.value}</b>
          </span>
        )),
    },
    {
      id: "actions",
      title: t.actions,
      width: "1.4fr",
      cell: (rule) =>
        (rule.actions ?? []).map((action) => (
          <span key={action} className="tag">
            {t.actionNames[action as keyof typeof t.actionNames] ?? action}
          </span>
        )),
    },
    {
      id: "state",
      title: w.state,
      width: "0.6fr",
      cell: (rule) => (
        <State tone={rule.disable ? "quiet" : "good"}>
          {rule.disable ? w.disabled : w.enabled}
        </State>
      ),
    },
    ...origin,
  ];
  const opened = useOpened({
    path: "/v1/response/rule",
    rows: query.rows,
    keyOf: (rule) => String(rule.id),
    read: async (id) => (await get("/v1/response/rule/{id}", { path: { id }, cluster })).rule,
  });
  return (
    <Page
      title={names.response}
      lead={t.lead}
      actions={
        <>
          <Transfer
            what={names.response}
            file="response-rules.yaml"
            exportPath="/v1/file/response/rule"
            importPath="/v1/file/response/rule/config"
            target={target}
            names={namesOfAll}
            replace="header"
            writable={writable}
          />
          {writable && <AddButton text={t.add} />}
        </>
      }
    >
      <div className="toolbar">
        <FilterText label={w.comment} />
      </div>
      <Listing
        query={query}
        what={names.response}
        columns={columns}
        rowKey={(rule) => String(rule.id)}
        current={(rule) => String(rule.id) === url.open}
        empty={
          <Sign icon={<Zap aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {(opened || (url.open === "new" && writable)) && (
        <ResponseRuleDialog
          key={url.open}
          rule={opened}
          writable={writable && (!opened || owns(owner, opened))}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </Page>
  );
}
