import { ScrollText } from "lucide-react";

import { get, type Target } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { listQuery, useScope, useUrl } from "../../routing/search";
import { holdsSomewhere, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing, type ListQuery } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { useCriterionText } from "../admission/sentence";
import { useFederation, useMayRead } from "../clusters/members";
import { EventDialog } from "../events/EventDialog";
import { RecordText } from "../events/RecordText";
import { Level, useEventName } from "../events/record";
import { eventsText } from "../events/text";
import { keyed, type Line, nameOf, secondOf } from "./line";
import { auditText } from "./text";

const EVERY_MS = 5_000;
/** As many records of the same second are looked through for one of them. */
const MOST = 1_000;

/** The logs as their readers know them from one cluster, over all clusters. */
export function AuditLog() {
  const t = useText(auditText);
  const names = useText(pageNames);
  const events = useAllowed((self) => holdsSomewhere(self, "events", "read"));
  // Decisions are what the page is for; who reads these may lack the other log.
  const tabs = Object.entries(t.tabs).filter(([tab]) => tab === "audit" || events);
  const tab = useTab(tabs);
  return (
    <Page title={names.audit} lead={t.lead}>
      <Tabs label={names.audit} tabs={tabs} />
      {tab === "audit" ? <Audits /> : <SystemEvents />}
    </Page>
  );
}

function useLines() {
  const cluster = useScope();
  const [url] = useUrl();
  return {
    cluster,
    query: listQuery(url, "message", { level: "level", name: "name" }),
    every: EVERY_MS,
  };
}

function Audits() {
  const query = usePages("/v1/log/audit", (answer) => answer.audits, useLines());
  const read = async (target: Target) => keyed((await get("/v1/log/audit", target)).audits);
  return (
    <Lines
      path="/v1/log/audit"
      query={{ ...query, rows: query.rows && keyed(query.rows) }}
      read={read}
    />
  );
}

function SystemEvents() {
  const query = usePages("/v1/log/event", (answer) => answer.events, useLines());
  const read = async (target: Target) => keyed((await get("/v1/log/event", target)).events);
  return (
    <Lines
      path="/v1/log/event"
      query={{ ...query, rows: query.rows && keyed(query.rows) }}
      read={read}
    />
  );
}

interface Props {
  path: string;
  query: ListQuery<Line>;
  read: (target: Target) => Promise<Line[]>;
}

function Lines({ path, query, read }: Props) {
  const t = useText(auditText);
  const w = useText(words);
  const events = useText(eventsText);
  const names = useText(pageNames);
  const format = useFormat();
  const eventName = useEventName();
  const criterion = useCriterionText();
  // What the primary itself records names no cluster.
  const { data: federation } = useFederation({ enabled: useMayRead() });
  const primary = federation?.master_cluster?.name || "–";
  const [url, setUrl] = useUrl();
  const cluster = useScope();
  const opened = useOpened({
    path,
    rows: query.rows,
    keyOf: nameOf,
    read: async (name) => {
      const lines = await read({
        cluster,
        query: { f_reported_timestamp: secondOf(name), limit: MOST },
      });
      return lines.find((line) => nameOf(line) === name);
    },
  });
  const columns: Column<Line>[] = [
    {
      id: "time",
      title: t.time,
      sort: "reported_timestamp",
      width: "13rem",
      cell: (line) => format.moment(line.reported_at ?? ""),
    },
    {
      id: "level",
      title: t.level,
      sort: "level",
      width: "0.7fr",
      cell: (line) => <Level of={line.level} />,
    },
    {
      id: "record",
      title: t.record,
      sort: "name",
      width: "3fr",
      cell: (line) => (
        <>
          <Opener open={nameOf(line)}>{eventName(line.name)}</Opener>
          <span className="sub">
            <RecordText of={line} criterion={criterion} />
          </span>
          {/* By which it is found: the filter looks into what was sent. */}
          {line.rest_request && (
            <code className="sub">
              {line.rest_method} {line.rest_request}
            </code>
          )}
        </>
      ),
    },
    {
      id: "cluster",
      title: w.cluster,
      sort: "cluster_name",
      cell: (line) => line.cluster_name || primary,
    },
    {
      id: "who",
      title: t.user,
      sort: "user",
      cell: (line) => (
        <>
          {line.user || "–"}
          {line.workload_domain && <span className="sub">{line.workload_domain}</span>}
        </>
      ),
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText />
        <Facet of="level" label={t.level} options={Object.entries(events.levels)} />
        <Facet of="name" label={events.kind} options={Object.entries(events.names)} />
      </div>
      <Listing
        query={query}
        what={names.audit}
        columns={columns}
        rowKey={(line) => line.key}
        current={(line) => nameOf(line) === url.open}
        filters={["q", "level", "name"]}
        empty={<Sign icon={<ScrollText aria-hidden />} title={t.none} role="status" />}
      />
      {opened && (
        <EventDialog
          event={{
            ...opened,
            cluster_id: cluster ?? "",
            cluster_name: opened.cluster_name || primary,
            detail: { ...opened, key: undefined },
          }}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </>
  );
}
