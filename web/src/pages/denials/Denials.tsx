import { ShieldX } from "lucide-react";
import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { fleetQuery, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { denyRuleOf } from "../admission/deciding";
import { RuleLink } from "../admission/RuleLink";
import { Why } from "../admission/Why";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ClusterLink } from "../clusters/ClusterLink";
import { PeriodFacet } from "../events/PeriodFacet";
import { boundsOf } from "../events/period";
import { Timeline } from "../events/Timeline";
import { denialsText } from "./text";

type Denial = Schema<"FedDenial">;

const EVERY_MS = 5_000;

export function Denials() {
  const t = useText(denialsText);
  const w = useText(words);
  const names = useText(pageNames);
  const [url] = useUrl();
  const asked = {
    ...fleetQuery(url),
    image: url.q,
    name: url.name,
    ...boundsOf(url, timeNow() / 1_000),
  };
  const query = usePages("/v1/fed/denials", (answer) => answer.denials, {
    query: asked,
    every: EVERY_MS,
  });
  const columns: Column<Denial>[] = [
    {
      id: "time",
      title: t.time,
      sort: "time",
      width: "8rem",
      cell: (one) => <Ago at={one.reported_at} />,
    },
    {
      id: "outcome",
      title: t.outcome,
      width: "0.8fr",
      cell: (one) => (
        <State tone={one.denied ? "bad" : "busy"}>{one.denied ? t.denied : t.watched}</State>
      ),
    },
    {
      id: "what",
      title: t.what,
      width: "1.4fr",
      cell: (one) => (
        <>
          {one.workload || "–"}
          <span className="sub">{[one.namespace, one.user].filter(Boolean).join(" · ")}</span>
        </>
      ),
    },
    {
      id: "rule",
      title: t.rule,
      width: "7rem",
      cell: (one) => {
        const rule = denyRuleOf(one);
        return rule ? <RuleLink rule={rule} cluster={one.cluster_id} /> : "–";
      },
    },
    { id: "image", title: t.image, width: "1.5fr", cell: (one) => one.image || "–" },
    {
      id: "cluster",
      title: w.cluster,
      sort: "cluster",
      width: "0.8fr",
      cell: (one) => <ClusterLink id={one.cluster_id}>{one.cluster_name}</ClusterLink>,
    },
    {
      id: "why",
      title: t.why,
      width: "3.1fr",
      cell: (one) => <Why of={one} />,
    },
  ];
  return (
    <Page
      title={names.denials}
      lead={t.lead}
      actions={<Export path="/v1/fed/denials" query={asked} name="denials" />}
    >
      {/* The list says why nothing could be read. */}
      {(query.rows || query.errorUpdateCount === 0) && (
        <Timeline of="/v1/fed/denials" asked={asked} />
      )}
      <div className="toolbar">
        <FilterText label={t.image} />
        <Facet
          of="name"
          label={t.outcome}
          options={[
            ["Admission.Control.Denied", t.denied],
            ["Admission.Control.Violation", t.watched],
          ]}
        />
        <PeriodFacet />
        <ClusterFacet />
      </div>
      <Listing
        query={query}
        what={names.denials}
        columns={columns}
        rowKey={(one) => `${one.cluster_id}/${one.seq}`}
        filters={["q", "ns", "name", "days", "since", "until", "cluster"]}
        empty={
          <Sign icon={<ShieldX aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
    </Page>
  );
}
