import { useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { pickedOf } from "./period";
import { eventsText } from "./text";

/** Limits a list of events to a period; a span that was picked in it gives way. */
export function PeriodFacet({ all = true }: { all?: boolean }) {
  const t = useText(eventsText);
  const w = useText(words);
  const [url, setUrl] = useUrl();
  const value = pickedOf(url) ? "picked" : (url.days ?? (all ? "" : "1"));
  return (
    <label className="facet">
      <span>{t.period}</span>
      <select
        value={value}
        onChange={(event) => setUrl({ days: event.target.value, since: "", until: "" })}
      >
        {value === "picked" && <option value="picked">{t.picked}</option>}
        {all && <option value="">{w.all}</option>}
        {Object.entries(t.periods).map(([days, text]) => (
          <option key={days} value={days}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
