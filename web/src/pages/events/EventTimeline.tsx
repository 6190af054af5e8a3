import { lazy, Suspense } from "react";

import { useGet } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { bucket, PERIODS, type Period, startOf } from "./buckets";
import { eventsText } from "./text";
import "./events.css";

const Chart = lazy(() => import("../../ui/TimeChart"));

const MOST = 1_000;
const EVERY_MS = 5_000;

interface Props {
  /** What the list is asked. */
  asked: Record<string, string | undefined>;
  period: Period;
}

/** When the events of a list happened. */
export function EventTimeline({ asked, period }: Props) {
  const t = useText(eventsText);
  const format = useFormat();
  const since = startOf(period, Date.now() / 1_000);
  const { sort: _, order: __, ...filters } = asked;
  const query = useGet("/v1/fed/events", {
    query: { ...filters, since, limit: MOST },
    every: EVERY_MS,
  });
  const [span, number] = PERIODS[period];
  return (
    <section className="timeline" aria-label={t.timeline}>
      <Loaded query={query} what={t.timeline} lines={5}>
        {({ events }) => {
          const moments = events.map((one) => one.reported_timestamp);
          const now = Math.floor(Date.now() / 1_000);
          return (
            <>
              <Suspense fallback={<Skeleton lines={5} />}>
                <Chart
                  label={t.timeline}
                  series={t.kind}
                  span={span}
                  {...bucket(moments, now, span, number)}
                />
              </Suspense>
              <p className="hint">
                {t.counted(format.number(events.length), events.length >= MOST, t.periods[period])}
              </p>
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
