import { X } from "lucide-react";
import { Suspense } from "react";

import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { fetched } from "../../routing/fetching";
import { useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { words } from "../../text/words";
import { Loaded, Skeleton } from "../../ui/Loaded";
import type { Series } from "../../ui/TimeChart";
import { type Bounds, type Period, periodOf, pickedOf, startOf } from "./period";
import { useEventName } from "./record";
import { eventsText } from "./text";
import "./events.css";

const Chart = fetched(() => import("../../ui/TimeChart"), "TimeChart");

const EVERY_MS = 5_000;

/** The colours of levels, and of what admission control does. */
const COLOURS: Record<string, string> = {
  Critical: "critical",
  Error: "bad",
  Warning: "medium",
  Notice: "accent",
  Info: "low",
  "Admission.Control.Denied": "bad",
  "Admission.Control.Violation": "medium",
};
/** The gravest stands at the bottom, whatever its number, so that it is seen. */
const ORDER = Object.keys(COLOURS);

interface Props {
  /** The list that is counted. */
  of: "/v1/fed/events" | "/v1/fed/denials";
  /** What the list is asked. */
  asked: Record<string, string | undefined>;
  /** The period where the URL names none. */
  usual?: Period;
}

/** When the rows of a list happened, counted by the primary; a bar leads to its rows. */
export function Timeline({ of, asked, usual = "7" }: Props) {
  const t = useText(eventsText);
  const format = useFormat();
  const [url, setUrl] = useUrl();
  const picked = pickedOf(url);
  const period = periodOf(url.days) ?? usual;
  const bounds: Bounds = picked ?? { since: String(startOf(period, timeNow() / 1_000)) };
  const { sort: _, order: __, ...filters } = asked;
  const query = useGet(`${of}/timeline`, { query: { ...filters, ...bounds }, every: EVERY_MS });
  return (
    <section className="timeline" aria-label={t.timeline}>
      <Loaded query={query} what={t.timeline} lines={6}>
        {(counted) => (
          <>
            <p className="timeline-lead">
              {picked ? (
                <>
                  {t.countedIn(
                    format.number(counted.total),
                    format.range(Number(picked.since), Number(picked.until)),
                  )}{" "}
                  <button
                    type="button"
                    className="plain"
                    onClick={() => setUrl({ since: "", until: "" }, { push: true })}
                  >
                    <X aria-hidden size={16} /> {t.anyTime}
                  </button>
                </>
              ) : (
                t.counted(format.number(counted.total), t.periods[period])
              )}
            </p>
            <TimelineChart
              of={counted}
              label={t.timeline}
              onPick={(since, until) =>
                setUrl({ since: String(since), until: String(until) }, { push: true })
              }
            />
          </>
        )}
      </Loaded>
    </section>
  );
}

/** Counted events as bars. */
export function TimelineChart({
  of,
  label,
  onPick,
}: {
  of: Schema<"EventTimeline">;
  label: string;
  onPick: (since: number, until: number) => void;
}) {
  const t = useText(eventsText);
  const w = useText(words);
  const name = useEventName();
  const series: Series[] = of.series
    .toSorted((a, b) => place(a.of) - place(b.of))
    .map((one) => ({
      label: t.levels[one.of as keyof typeof t.levels] ?? name(one.of),
      colour: COLOURS[one.of] ?? "line-strong",
      counts: one.counts,
    }));
  if (of.others) series.push({ label: w.others, colour: "line-strong", counts: of.others });
  return (
    <Suspense fallback={<Skeleton lines={5} />}>
      <Chart label={label} series={series} span={of.span} starts={of.starts} onPick={onPick} />
    </Suspense>
  );
}

function place(kind: string): number {
  const at = ORDER.indexOf(kind);
  return at < 0 ? ORDER.length : at;
}
