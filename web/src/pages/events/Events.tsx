import { Activity } from "lucide-react";

import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { fleetQuery, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Export } from "../../ui/Export";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { ClusterFacet } from "../clusters/ClusterFacet";
import { EventDialog } from "./EventDialog";
import { detailOf, type FedEvent, keyOf, Level, useEventName } from "./record";
import { eventsText } from "./text";

const EVERY_MS = 2_000;

export function Events() {
  const t = useText(eventsText);
  const names = useText(pageNames);
  const eventName = useEventName();
  const [url, setUrl] = useUrl();
  const asked = {
    ...fleetQuery(url),
    name: url.name,
    category: url.category,
    level: url.level,
  };
  const query = usePages("/v1/fed/events", (answer) => answer.events, {
    query: asked,
    every: EVERY_MS,
  });
  const opened = query.rows?.find((event) => keyOf(event) === url.open);
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
          <button
            type="button"
            className="link"
            onClick={() => setUrl({ open: keyOf(event) }, { push: true })}
          >
            {eventName(event.name)}
          </button>
          <span className="sub">{detailOf(event).message}</span>
        </>
      ),
    },
    { id: "cluster", title: t.cluster, sort: "cluster", cell: (event) => event.cluster_name },
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
      beside={<State tone="good">{t.live}</State>}
      actions={<Export path="/v1/fed/events" query={asked} name="events" />}
    >
      <div className="toolbar">
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
        filters={["category", "name", "level", "cluster"]}
        empty={
          <Sign icon={<Activity aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
      {opened && <EventDialog event={opened} onClose={() => setUrl({ open: "" })} />}
    </Page>
  );
}
