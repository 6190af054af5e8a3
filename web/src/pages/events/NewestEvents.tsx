import { Link } from "@tanstack/react-router";

import { useGet } from "../../api/query";
import type { Within } from "../../routing/search";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import { Loaded } from "../../ui/Loaded";
import { ClusterOf } from "../clusters/ClusterLink";
import { useClusterName } from "../clusters/members";
import { RecordText } from "./RecordText";
import { detailOf, keyOf, Level, useEventName } from "./record";
import { eventsText } from "./text";
import "./events.css";

const EVERY_MS = 3_000;
/** Lines that a record takes. */
const LINES_EACH = 1.7;

/** The last few records of clusters; none named are all. */
export function NewestEvents({ of, limit = 6 }: { of: Within; limit?: number }) {
  const t = useText(eventsText);
  const name = useEventName();
  const clusterName = useClusterName();
  const query = useGet("/v1/fed/events", { query: { ...of, limit }, every: EVERY_MS });
  return (
    <Loaded query={query} what={t.kind} lines={Math.round(limit * LINES_EACH)}>
      {({ events }) =>
        events.length === 0 ? (
          <p className="hint">{t.noneHint}</p>
        ) : (
          <ol className="newest">
            {events.map((event) => (
              <li key={keyOf(event)}>
                <Level of={event.level} />
                <span>
                  <Link to={"/events" as never} search={{ open: keyOf(event) } as never}>
                    {name(event.name)}
                  </Link>
                  <span className="hint">
                    <RecordText of={detailOf(event)} />
                  </span>
                </span>
                <span className="hint">
                  <ClusterOf record={event} name={clusterName} />
                </span>
                <Ago at={event.reported_at} />
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}
