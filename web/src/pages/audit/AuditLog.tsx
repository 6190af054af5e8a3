import { ScrollText } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { listQuery, useScope, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing, type ListQuery } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { useCriterionText } from "../admission/sentence";
import { useFederation, useMayRead } from "../clusters/members";
import { RecordText } from "../events/RecordText";
import { Level, useEventName } from "../events/record";
import { eventsText } from "../events/text";
import { auditText } from "./text";

const EVERY_MS = 5_000;

type Line = Schema<"Audit"> & Schema<"Event"> & { key: string };

/** The lines with a key each: records have no number, and the same may happen twice in a second. */
function keyed(records: (Schema<"Audit"> | Schema<"Event">)[]): Line[] {
  const seen = new Map<string, number>();
  return records.map((record) => {
    const line = record as Line;
    const words = `${line.cluster_name} ${line.reported_timestamp} ${line.name} ${line.message}`;
    const count = (seen.get(words) ?? 0) + 1;
    seen.set(words, count);
    return { ...line, key: `${words} ${count}` };
  });
}

/** The logs as their readers know them from one cluster, over all clusters. */
export function AuditLog() {
  const t = useText(auditText);
  const names = useText(pageNames);
  const tabs = Object.entries(t.tabs);
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
  return <Lines query={{ ...query, rows: query.rows && keyed(query.rows) }} />;
}

function SystemEvents() {
  const query = usePages("/v1/log/event", (answer) => answer.events, useLines());
  return <Lines query={{ ...query, rows: query.rows && keyed(query.rows) }} />;
}

function Lines({ query }: { query: ListQuery<Line> }) {
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
          {eventName(line.name)}
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
        filters={["q", "level", "name"]}
        empty={<Sign icon={<ScrollText aria-hidden />} title={t.none} role="status" />}
      />
    </>
  );
}
