import { ShieldX } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { type Search, useScope, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { useMembers } from "../clusters/members";
import { denialsText } from "./text";

type Denial = Schema<"FedDenial">;

const EVERY_MS = 5_000;

function queryOf(search: Search, scope: string | undefined): Record<string, string | undefined> {
  return {
    image: search.q,
    cluster: scope ?? search.cluster,
    name: search.name,
    sort: search.sort?.replace(/^-/, ""),
    order: search.sort && (search.sort.startsWith("-") ? "desc" : "asc"),
  };
}

export function Denials() {
  const t = useText(denialsText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const scope = useScope();
  const [url] = useUrl();
  const members = useMembers().data?.joint_clusters ?? [];
  const asked = queryOf(url, scope);
  const query = usePages("/v1/fed/denials", (answer) => answer.denials, {
    query: asked,
    every: EVERY_MS,
  });
  const columns: Column<Denial>[] = [
    {
      id: "time",
      title: t.time,
      sort: "time",
      width: "0.8fr",
      cell: (one) => (
        <time dateTime={one.reported_at} title={format.moment(one.reported_at)}>
          {format.ago(one.reported_at)}
        </time>
      ),
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
      width: "2.4fr",
      cell: (one) => (
        <>
          {one.workload || "–"}
          <span className="sub">{one.message}</span>
        </>
      ),
    },
    { id: "namespace", title: t.namespace, cell: (one) => one.namespace || "–" },
    { id: "image", title: t.image, width: "1.4fr", cell: (one) => one.image || "–" },
    { id: "user", title: t.user, cell: (one) => one.user || "–" },
    { id: "cluster", title: w.cluster, sort: "cluster", cell: (one) => one.cluster_name },
  ];
  return (
    <Page
      title={names.denials}
      lead={t.lead}
      actions={<Export path="/v1/fed/denials" query={asked} name="denials" />}
    >
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
        {!scope && (
          <Facet
            of="cluster"
            label={w.cluster}
            options={members.map((one) => [one.id, one.name])}
          />
        )}
      </div>
      <Listing
        query={query}
        what={names.denials}
        columns={columns}
        rowKey={(one) => `${one.cluster_id}/${one.seq}`}
        filters={["q", "name", "cluster"]}
        empty={
          <Sign icon={<ShieldX aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
    </Page>
  );
}
