import { Link } from "@tanstack/react-router";
import { Package } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { fleetQuery, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { SeverityCounts } from "../../ui/Severity";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ImageLink } from "./ImageLink";
import { imagesText } from "./text";

type Image = Schema<"FedImage">;

/** No change tells of what comes and goes in clusters. */
const EVERY_MS = 10_000;

/** The images that run in the clusters in scope, whatever registry they are from. */
export function RunningImages() {
  const t = useText(imagesText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const [url] = useUrl();
  // Where a part of the fleet is asked about, the numbers of all of it come all the same.
  const { cluster, cluster_selector: selector, namespace } = fleetQuery(url);
  const counted = (what: string) => (cluster || selector || namespace ? t.inAll(what) : what);
  const asked = { ...fleetQuery(url), name: url.q, scanned: url.state };
  const query = usePages("/v1/fed/images", (answer) => answer.images, {
    query: asked,
    every: EVERY_MS,
  });
  const columns: Column<Image>[] = [
    {
      id: "name",
      title: t.image,
      sort: "name",
      width: "2fr",
      cell: (image) => (
        <ImageLink id={image.scanned ? image.image_id : undefined}>
          {image.name || image.image_id.slice(0, 12)}
        </ImageLink>
      ),
    },
    {
      id: "findings",
      title: t.findings,
      sort: "severity",
      width: "1.2fr",
      cell: (image) =>
        image.scanned ? (
          <SeverityCounts critical={image.critical} high={image.high} medium={image.medium} />
        ) : (
          <span className="hint">{t.scanStates.idle}</span>
        ),
    },
    {
      id: "clusters",
      title: counted(names.clusters),
      sort: "clusters",
      width: "0.6fr",
      align: "end",
      cell: (image) => format.number(image.clusters),
    },
    {
      id: "workloads",
      title: counted(names.workloads),
      sort: "workloads",
      width: "0.7fr",
      align: "end",
      cell: (image) => (
        <Link
          to={"/workloads" as never}
          search={{ image: image.name, cluster: url.cluster } as never}
        >
          {format.number(image.workloads)}
        </Link>
      ),
    },
    {
      id: "scanned",
      title: t.scanned,
      width: "0.8fr",
      cell: (image) => (image.scanned_at ? <Ago at={image.scanned_at} /> : "–"),
    },
  ];
  return (
    <div>
      <div className="toolbar">
        <FilterText label={t.image} />
        <Facet
          of="state"
          label={t.scanned}
          options={[
            ["true", w.yes],
            ["false", w.no],
          ]}
        />
        <ClusterFacet />
        <Export path="/v1/fed/images" query={asked} name="images" />
      </div>
      <Listing
        query={query}
        what={names.images}
        columns={columns}
        rowKey={(image) => `${image.name} ${image.image_id}`}
        filters={["q", "ns", "state", "cluster"]}
        empty={
          <Sign
            icon={<Package aria-hidden />}
            title={t.noneRunning}
            hint={t.noneRunningHint}
            role="status"
          />
        }
      />
    </div>
  );
}
