import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { State } from "../../ui/State";
import type { Registry } from "./Registries";
import { registriesText } from "./text";
import "./registries.css";

/** How far the scan of a registry is. */
export function Progress({ of }: { of: Registry }) {
  const t = useText(registriesText);
  const format = useFormat();
  const { scanned = 0, scheduled = 0, scanning = 0, failed = 0 } = of;
  const done = scanned + failed;
  const total = done + scheduled + scanning;
  const busy = of.status === "scanning" || scheduled + scanning > 0;
  const state = () => {
    if (busy) return <State tone="busy">{t.busy}</State>;
    if (of.error_message) return <State tone="bad">{t.failed}</State>;
    return <State tone="good">{t.idle}</State>;
  };
  return (
    <div className="progress">
      <span>
        {state()}{" "}
        <span className="hint">
          {t.progress(format.number(done), format.number(total))}
          {failed > 0 && ` · ${t.failed}: ${format.number(failed)}`}
        </span>
      </span>
      {busy && <progress value={done} max={Math.max(1, total)} aria-label={t.busy} />}
    </div>
  );
}
