import { useGet } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { detailOf, keyOf, Level, useEventName } from "./record";
import { eventsText } from "./text";
import "./events.css";

const EVERY_MS = 3_000;

/** The last few records of one cluster, or of all. */
export function NewestEvents({
  cluster,
  limit = 6,
}: {
  cluster?: string | undefined;
  limit?: number;
}) {
  const t = useText(eventsText);
  const format = useFormat();
  const name = useEventName();
  const query = useGet("/v1/fed/events", { query: { cluster, limit }, every: EVERY_MS });
  return (
    <Loaded query={query} what={t.kind}>
      {({ events }) =>
        events.length === 0 ? (
          <p className="hint">{t.noneHint}</p>
        ) : (
          <ol className="newest">
            {events.map((event) => (
              <li key={keyOf(event)}>
                <Level of={event.level} />
                <span>
                  {name(event.name)}
                  <span className="hint">{detailOf(event).message}</span>
                </span>
                <span className="hint">{event.cluster_name}</span>
                <time dateTime={event.reported_at} title={format.moment(event.reported_at)}>
                  {format.ago(event.reported_at)}
                </time>
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}
