import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { useGet } from "../../api/query";
import { useFleet, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { bucket, PERIODS, periodOf, startOf } from "../events/buckets";
import { dashboardText } from "./text";

const Chart = lazy(() => import("../../ui/TimeChart"));

const MOST = 1_000;

/** What admission control refused, over time. */
export function Denials() {
  const t = useText(dashboardText);
  const format = useFormat();
  const fleet = useFleet();
  const [url, setUrl] = useUrl();
  const days = periodOf(url.days) ?? "1";
  const [span, number] = PERIODS[days];
  const query = useGet("/v1/fed/events", {
    query: {
      ...fleet,
      name: "Admission.Control.Denied",
      since: startOf(days, Date.now() / 1_000),
      limit: MOST,
    },
    every: 3_000,
  });
  return (
    <Card
      title={t.denials}
      wide
      actions={
        <div className="actions">
          <Link to={"/denials" as never}>{t.allDenials}</Link>
          <label className="facet">
            <span>{t.period}</span>
            <select value={days} onChange={(event) => setUrl({ days: event.target.value })}>
              {Object.entries(t.periods).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        </div>
      }
    >
      <div className="denials">
        <Loaded query={query} what={t.denials} lines={7}>
          {({ events }) => {
            const now = Math.floor(Date.now() / 1_000);
            const buckets = bucket(
              events.map((one) => one.reported_timestamp),
              now,
              span,
              number,
            );
            const total = buckets.counts.reduce((sum, count) => sum + count, 0);
            const clusters = new Map<string, number>();
            for (const event of events) {
              clusters.set(event.cluster_name, (clusters.get(event.cluster_name) ?? 0) + 1);
            }
            return (
              <>
                <p>{t.denialsLead(format.number(total), Number(days))}</p>
                <Suspense fallback={<Skeleton lines={5} />}>
                  <Chart label={t.denials} series={t.denied} span={span} {...buckets} />
                </Suspense>
                <ul className="legend">
                  {[...clusters].map(([name, count]) => (
                    <li key={name}>
                      {name} <b>{format.number(count)}</b>
                    </li>
                  ))}
                </ul>
                {events.length === MOST && <p className="hint">{t.denialsCut}</p>}
              </>
            );
          }}
        </Loaded>
      </div>
    </Card>
  );
}
