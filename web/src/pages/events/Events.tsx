import { Activity } from "lucide-react";
import { get } from "../../api/client";
import { useLive } from "../../api/live";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { fleetQuery, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { useCriterionText } from "../admission/sentence";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { ClusterOf } from "../clusters/ClusterLink";
import { useClusterName } from "../clusters/members";
import { EventDialog } from "./EventDialog";
import { PeriodFacet } from "./PeriodFacet";
import { boundsOf } from "./period";
import { RecordText } from "./RecordText";
import { detailOf, type FedEvent, keyOf, Level, placeOf, useEventName } from "./record";
import { Timeline } from "./Timeline";
import { eventsText } from "./text";

const EVERY_MS = 2_000;

export function Events() {
  const t = useText(eventsText);
  const names = useText(pageNames);
  const eventName = useEventName();
  const criterion = useCriterionText();
  const clusterName = useClusterName();
  const [url, setUrl] = useUrl();
  const live = useLive();
  const asked = {
    ...fleetQuery(url),
    // Text within it; a comma would begin another value.
    f_namespace: url.q && `in,${url.q.replace(/[,|].*$/, "")}`,
    ...boundsOf(url, timeNow() / 1_000),
    name: url.name,
    category: url.category,
    level: url.level,
  };
  const query = usePages("/v1/fed/events", (answer) => answer.events, {
    query: asked,
    every: EVERY_MS,
  });
  const opened = useOpened({
    path: "/v1/fed/events",
    rows: query.rows,
    keyOf,
    read: async (key) => {
      const { cluster, at } = placeOf(key);
      const of = { cluster, since: at, until: at + 1, limit: 1_000 };
      const { events } = await get("/v1/fed/events", { query: of });
      return events.find((event) => keyOf(event) === key);
    },
  });
  const columns: Column<FedEvent>[] = [
    {
      id: "time",
      title: t.time,
      sort: "time",
      width: "0.9fr",
      cell: (event) => <Ago at={event.reported_at} />,
    },
    { id: "level", title: t.level, width: "0.8fr", cell: (event) => <Level of={event.level} /> },
    {
      id: "what",
      title: t.what,
      width: "4fr",
      cell: (event) => (
        <>
          <Opener open={keyOf(event)}>{eventName(event.name)}</Opener>
          <span className="sub brief">
            <RecordText of={detailOf(event)} criterion={criterion} />
          </span>
        </>
      ),
    },
    {
      id: "cluster",
      title: t.cluster,
      sort: "cluster",
      cell: (event) => <ClusterOf record={event} name={clusterName} />,
    },
    {
      id: "category",
      title: t.category,
      sort: "category",
      width: "0.7fr",
      cell: (event) => t.categories[event.category as keyof typeof t.categories] ?? event.category,
    },
  ];
  return (
    <Page
      title={names.events}
      lead={t.lead}
      beside={<State tone={live ? "good" : "busy"}>{live ? t.live : t.notLive}</State>}
      actions={<Export path="/v1/fed/events" query={asked} name="events" />}
    >
      {/* The list says why nothing could be read. */}
      {(query.rows || query.errorUpdateCount === 0) && (
        <Timeline of="/v1/fed/events" asked={asked} />
      )}
      <div className="toolbar">
        <FilterText label={t.namespace} />
        <PeriodFacet />
        <Facet of="category" label={t.category} options={Object.entries(t.categories)} />
        <Facet of="name" label={t.kind} options={Object.entries(t.names)} />
        <Facet of="level" label={t.level} options={Object.entries(t.levels)} />
        <ClusterFacet />
      </div>
      <Listing
        query={query}
        what={names.events}
        columns={columns}
        rowKey={keyOf}
        current={(event) => keyOf(event) === url.open}
        filters={["q", "ns", "days", "since", "until", "category", "name", "level", "cluster"]}
        empty={
          <Sign icon={<Activity aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
      {opened && <EventDialog event={opened} onClose={() => setUrl({ open: "" })} />}
    </Page>
  );
}
