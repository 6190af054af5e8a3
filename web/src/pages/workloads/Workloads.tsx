import { Link } from "@tanstack/react-router";
import { Container, X } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { fleetQuery, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ImageLink } from "../images/ImageLink";
import { workloadsText } from "./text";

type Workload = Schema<"FedWorkload">;

export function Workloads() {
  const t = useText(workloadsText);
  const w = useText(words);
  const names = useText(pageNames);
  const may = useMay();
  const [url, setUrl] = useUrl();
  const asked = {
    ...fleetQuery(url),
    name: url.q,
    image: url.image,
    vulnerability: url.code,
    run_as_root: url.type,
  };
  const query = usePages("/v1/fed/workloads", (answer) => answer.workloads, { query: asked });
  const columns: Column<Workload>[] = [
    {
      id: "name",
      title: t.name,
      sort: "name",
      width: "1.4fr",
      cell: (one) => (
        <>
          {one.name}
          {one.pod && <span className="sub">{one.pod}</span>}
        </>
      ),
    },
    { id: "namespace", title: t.namespace, sort: "namespace", cell: (one) => one.namespace || "–" },
    {
      id: "cluster",
      title: w.cluster,
      sort: "cluster",
      cell: (one) =>
        may("config", "read") ? (
          <Link to={"/clusters/$id" as never} params={{ id: one.cluster_id } as never}>
            {one.cluster_name}
          </Link>
        ) : (
          one.cluster_name
        ),
    },
    { id: "node", title: t.node, cell: (one) => one.host },
    {
      id: "image",
      title: t.image,
      sort: "image",
      width: "2fr",
      cell: (one) => (
        <ImageLink id={one.scanned ? one.image_id : undefined}>
          {one.image || one.image_id.slice(0, 12) || "–"}
        </ImageLink>
      ),
    },
    {
      id: "found",
      title: t.found,
      cell: (one) =>
        one.scanned ? (
          <SeverityCounts critical={one.critical} high={one.high} medium={one.medium} />
        ) : (
          <span className="hint">{t.unscanned}</span>
        ),
    },
    {
      id: "started",
      title: t.started,
      sort: "started_at",
      width: "0.8fr",
      cell: (one) => (one.started_at ? <Ago at={one.started_at} /> : "–"),
    },
  ];
  return (
    <Page
      title={names.workloads}
      lead={t.lead}
      actions={<Export path="/v1/fed/workloads" query={asked} name="workloads" />}
    >
      <div className="toolbar">
        <FilterText label={t.name} />
        <ClusterFacet />
        <Facet
          of="type"
          label={t.root}
          options={[
            ["true", w.yes],
            ["false", w.no],
          ]}
        />
        {(["image", "code"] as const).map(
          (key) =>
            url[key] && (
              <button key={key} type="button" onClick={() => setUrl({ [key]: "" })}>
                {key === "image" ? t.image : t.vulnerability}: {url[key]}{" "}
                <X aria-label={w.clearFilter} size={16} />
              </button>
            ),
        )}
      </div>
      <Listing
        query={query}
        what={names.workloads}
        columns={columns}
        rowKey={(one) => `${one.cluster_id}/${one.id}`}
        filters={["q", "cluster", "type", "image", "code"]}
        empty={
          <Sign icon={<Container aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
    </Page>
  );
}
