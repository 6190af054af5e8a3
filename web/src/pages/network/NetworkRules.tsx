import { Link } from "@tanstack/react-router";
import { Network } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, selectorInScope, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { WholePolicy } from "../../transfer/WholePolicy";
import { AddButton, FirstButton } from "../../ui/AddButton";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Refusal, Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { ForClusters } from "../clusters/ForClusters";
import { useOriginColumn } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { NetworkRuleDialog } from "./NetworkRuleDialog";
import { OrderHandle, useOrder } from "./OrderHandle";
import { networkText } from "./text";

export type NetworkRule = Schema<"PolicyRule">;

/** Ends of a rule that are no groups. */
const ENDPOINTS = /^(any|external|nodes|Workload:.*|Host:.*)$/;

/** One end of a rule, as the way to its group. */
function End({ of = "" }: { of: string | undefined }) {
  if (ENDPOINTS.test(of)) return <>{of}</>;
  return (
    <Link to={"/groups" as never} search={{ open: of } as never}>
      {of}
    </Link>
  );
}

export function NetworkRules() {
  const t = useOwnedText(useText(networkText));
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const may = useMay();
  const owner = useOwner();
  const { cluster, writable } = owner;
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/policy/rule", (answer) => answer.rules, {
    cluster,
    query: objectQuery(url, "comment", { state: "action" }),
  });
  const rules = query.rows ?? [];
  const plain = !url.q && !url.sort && !url.state && !selectorInScope(url);
  // Federated ones come first, in the order that the federation gave them.
  const owned = rules.filter((rule) => owns(owner, rule));
  const order = useOrder(owned.map((rule) => rule.id ?? 0));
  const origin = useOriginColumn<NetworkRule>((rule) => rule.cfg_type);
  const columns: Column<NetworkRule>[] = [
    ...(writable && plain && owned.length > 0
      ? [
          {
            id: "order",
            title: t.order,
            width: "7.2rem",
            cell: (rule: NetworkRule) =>
              owns(owner, rule) && <OrderHandle id={rule.id ?? 0} order={order} />,
          },
        ]
      : []),
    {
      id: "rule",
      title: w.name,
      sort: "id",
      width: "1.3fr",
      cell: (rule) => (
        <>
          <Opener open={String(rule.id)}>{t.rule(rule.id ?? 0)}</Opener>{" "}
          <ForClusters of={rule.cluster_selector} />
          {rule.comment && <span className="sub">{rule.comment}</span>}
        </>
      ),
    },
    {
      id: "from",
      title: t.from,
      sort: "from",
      width: "1.1fr",
      cell: (rule) => <End of={rule.from} />,
    },
    { id: "to", title: t.to, sort: "to", width: "1.1fr", cell: (rule) => <End of={rule.to} /> },
    {
      id: "what",
      title: t.ports,
      width: "1.1fr",
      cell: (rule) => (
        <>
          {rule.ports?.replaceAll(",", ", ")}
          <span className="sub">{(rule.applications ?? []).join(", ")}</span>
        </>
      ),
    },
    {
      id: "action",
      title: t.action,
      sort: "action",
      width: "0.8fr",
      cell: (rule) => (
        <State tone={rule.disable ? "quiet" : rule.action === "deny" ? "bad" : "good"}>
          {rule.disable ? w.disabled : rule.action === "deny" ? t.deny : t.allow}
        </State>
      ),
    },
    ...origin,
    cluster
      ? {
          id: "matches",
          title: t.matches,
          sort: "match_counter",
          width: "0.7fr",
          align: "end",
          cell: (rule) => format.number(rule.match_counter ?? 0),
        }
      : {
          id: "modified",
          title: w.changed,
          sort: "last_modified_timestamp",
          width: "0.8fr",
          cell: (rule) =>
            rule.last_modified_timestamp ? <Ago at={rule.last_modified_timestamp * 1_000} /> : "–",
        },
  ];
  const opened = useOpened({
    path: "/v1/policy/rule",
    rows: query.rows,
    keyOf: (rule) => String(rule.id),
    read: async (id) => (await get("/v1/policy/rule/{id}", { path: { id }, cluster })).rule,
  });
  return (
    <Page
      title={names.network}
      lead={cluster ? t.leadCluster : t.lead}
      actions={
        <>
          {!cluster && may("fed", "read") && <WholePolicy writable={writable} />}
          {writable && <AddButton text={t.add} />}
        </>
      }
    >
      <div className="toolbar">
        <FilterText label={w.comment} />
        <Facet
          of="state"
          label={t.action}
          options={[
            ["allow", t.allow],
            ["deny", t.deny],
          ]}
        />
        {writable && !plain && <span className="hint">{t.noMove}</span>}
      </div>
      <Refusal error={order.error} />
      <div {...order.area}>
        <Listing
          query={query}
          what={names.network}
          columns={columns}
          rowKey={(rule) => String(rule.id)}
          current={(rule) => String(rule.id) === url.open}
          filters={["q", "state"]}
          empty={
            <Sign icon={<Network aria-hidden />} title={t.none} hint={t.noneHint} role="status">
              {writable && <FirstButton />}
            </Sign>
          }
        />
      </div>
      {(opened || (url.open === "new" && writable)) && (
        <NetworkRuleDialog
          key={url.open}
          rule={opened}
          rules={owned}
          writable={writable && (!opened || owns(owner, opened))}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </Page>
  );
}
