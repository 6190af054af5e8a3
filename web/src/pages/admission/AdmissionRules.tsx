import { ShieldCheck } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { useGet, usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useUrl } from "../../routing/search";
import { useBuiltInText } from "../../text/builtIn";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { State } from "../../ui/State";
import { ForClusters } from "../clusters/ForClusters";
import { Origin } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { RuleDialog } from "./RuleDialog";
import { useCriterionText } from "./sentence";
import { admissionText } from "./text";

export type Rule = Schema<"AdmissionRule">;

/** The federated rules, or all that are in force in the cluster in scope. */
export function AdmissionRules({ writable }: { writable: boolean }) {
  const t = useOwnedText(useText(admissionText));
  const w = useText(words);
  const names = useText(pageNames);
  const owner = useOwner();
  const { cluster } = owner;
  const [url, setUrl] = useUrl();
  const sentence = useCriterionText();
  const query = usePages("/v1/admission/rules", (answer) => answer.rules, {
    cluster,
    query: objectQuery(url, "comment", { type: "rule_type" }),
  });
  const options = useGet("/v1/admission/options", { cluster });
  const builtIn = useBuiltInText();
  const columns: Column<Rule>[] = [
    {
      id: "rule",
      title: w.name,
      sort: "id",
      width: "1.2fr",
      cell: (rule) => (
        <>
          <Opener open={String(rule.id)}>{t.rule(rule.id ?? 0)}</Opener>{" "}
          {rule.critical && <span className="tag">{t.builtIn}</span>}
          <ForClusters of={rule.cluster_selector} />
          {rule.comment && (
            <span className="sub">{rule.critical ? builtIn(rule.comment) : rule.comment}</span>
          )}
        </>
      ),
    },
    {
      id: "kind",
      title: t.kind,
      sort: "rule_type",
      width: "0.6fr",
      cell: (rule) => (
        <State tone={rule.rule_type === "deny" ? "bad" : "good"}>
          {rule.rule_type === "deny" ? t.deny : t.exception}
        </State>
      ),
    },
    {
      id: "criteria",
      title: t.criteria,
      width: "2.4fr",
      cell: (rule) =>
        (rule.criteria ?? []).map((criterion) => {
          const text = sentence(criterion);
          return (
            <span key={text} className="tag">
              {text}
            </span>
          );
        }),
    },
    {
      id: "mode",
      title: t.mode,
      width: "0.9fr",
      cell: (rule) => t.modes[(rule.rule_mode ?? "") as keyof typeof t.modes] ?? rule.rule_mode,
    },
    {
      id: "origin",
      title: w.state,
      width: "0.8fr",
      cell: (rule) => (
        <>
          <State tone={rule.disable ? "quiet" : "good"}>
            {rule.disable ? w.disabled : w.enabled}
          </State>{" "}
          {cluster && <Origin of={rule.cfg_type} />}
        </>
      ),
    },
  ];
  const opened = useOpened({
    path: "/v1/admission/rules",
    rows: query.rows,
    keyOf: (rule) => String(rule.id),
    read: async (id) => (await get("/v1/admission/rule/{id}", { path: { id }, cluster })).rule,
  });
  const known = options.data?.admission_options;
  return (
    <>
      <div className="toolbar">
        <FilterText label={w.comment} />
        <Facet
          of="type"
          label={t.kind}
          options={[
            ["deny", t.deny],
            ["exception", t.exception],
          ]}
        />
      </div>
      <Listing
        query={query}
        what={names.admission}
        columns={columns}
        rowKey={(rule) => String(rule.id)}
        current={(rule) => String(rule.id) === url.open}
        filters={["q", "type"]}
        empty={
          <Sign icon={<ShieldCheck aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {known && (opened || (url.open === "new" && writable)) && (
        <RuleDialog
          key={url.open}
          rule={opened}
          options={known}
          custom={options.data?.admission_custom_criteria_options ?? []}
          writable={writable && !opened?.critical && (!opened || owns(owner, opened))}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </>
  );
}
