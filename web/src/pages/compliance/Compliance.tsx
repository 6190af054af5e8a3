import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { fleetQuery, useUrl, useWithin } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ImageLink } from "../images/ImageLink";
import { imagesText } from "../images/text";
import { CheckPanel } from "./CheckPanel";
import { useCheckText } from "./checkText";
import { useCoverage } from "./coverage";
import { NoneFailed } from "./NoneFailed";
import { complianceText } from "./text";

export type FailedCheck = Schema<"FedComplianceItem">;

/** No change tells of what comes and goes in clusters. */
const EVERY_MS = 10_000;

/** The number of a level of the benchmark. */
export const numberOf = (profile: string) => profile.replace(/\D/g, "");

const keyOf = (one: FailedCheck) => `${one.test_number}/${one.image}/${one.image_id}`;

export function Compliance() {
  const t = useText(complianceText);
  const { inAll } = useText(imagesText);
  const names = useText(pageNames);
  const format = useFormat();
  const [url, setUrl] = useUrl();
  const asked = {
    ...fleetQuery(url),
    image: url.q,
    test_number: url.code,
    profile: url.level,
  };
  const query = usePages("/v1/fed/compliance", (answer) => answer.items, {
    query: asked,
    every: EVERY_MS,
  });
  const fleet = useWithin();
  const { cluster, cluster_selector, namespace } = asked;
  // Where a part of the fleet is asked about, the numbers of all of it come all the same.
  const counted = (what: string) => (cluster || cluster_selector || namespace ? inAll(what) : what);
  const said = useCheckText();
  const coverage = useCoverage({ cluster, cluster_selector, namespace });
  const opened = useOpened({
    path: "/v1/fed/compliance",
    rows: query.rows,
    keyOf,
    read: async (key) => {
      const [test_number, image_id] = [key.split("/").at(0), key.split("/").at(-1)];
      const query = { ...fleet, test_number, image_id };
      const { items } = await get("/v1/fed/compliance", { query });
      return items.find((one) => keyOf(one) === key);
    },
  });
  const columns: Column<FailedCheck>[] = [
    {
      id: "check",
      title: t.check,
      sort: "test_number",
      width: "2fr",
      cell: (one) => (
        <>
          <Opener open={keyOf(one)}>
            {one.test_number} {said(one).description}
          </Opener>
          {one.messages > 0 && <span className="sub">{one.message[0]}</span>}
        </>
      ),
    },
    {
      id: "profile",
      title: t.profile,
      width: "0.6fr",
      cell: (one) => t.level(numberOf(one.profile)),
    },
    {
      id: "image",
      title: t.image,
      sort: "image",
      width: "2fr",
      cell: (one) => (
        <ImageLink id={one.image_id}>{one.image || one.image_id.slice(0, 12)}</ImageLink>
      ),
    },
    {
      id: "clusters",
      title: counted(t.clusters),
      width: "0.6fr",
      align: "end",
      cell: (one) => format.number(one.clusters),
    },
    {
      id: "workloads",
      title: counted(t.workloads),
      sort: "workloads",
      width: "0.7fr",
      align: "end",
      cell: (one) => format.number(one.workloads),
    },
    {
      id: "scanned",
      title: t.scanned,
      sort: "scanned_at",
      width: "0.7fr",
      cell: (one) => <Ago at={one.scanned_at} />,
    },
  ];
  return (
    <Page
      title={names.compliance}
      lead={t.lead}
      actions={<Export path="/v1/fed/compliance" query={asked} name="compliance" />}
    >
      <div className="toolbar">
        <FilterText label={t.image} />
        <Facet of="code" label={t.check} options={Object.entries(t.checks)} />
        <Facet
          of="level"
          label={t.profile}
          options={["Level 1", "Level 2"].map((level) => [level, t.level(numberOf(level))])}
        />
        <ClusterFacet />
      </div>
      {coverage.data === "some scanned" && (
        <p className="reminder">
          <TriangleAlert aria-hidden size={18} /> {t.someUnscanned}{" "}
          <Link
            to={"/images" as never}
            search={{ tab: "running", state: "false", cluster: url.cluster } as never}
          >
            {t.seeUnscanned}
          </Link>
        </p>
      )}
      <Listing
        query={query}
        what={names.compliance}
        columns={columns}
        rowKey={keyOf}
        current={(one) => keyOf(one) === url.open}
        filters={["q", "ns", "code", "level", "cluster"]}
        empty={<NoneFailed coverage={coverage} />}
      />
      {opened && <CheckPanel of={opened} onClose={() => setUrl({ open: "" })} />}
    </Page>
  );
}
