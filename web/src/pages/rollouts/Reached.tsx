import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import { State, type Tone } from "../../ui/State";
import { ClusterLink } from "../clusters/ClusterLink";
import { ObjectError } from "../clusters/ObjectError";
import { urgentFirst } from "./progress";
import { rolloutsText } from "./text";

const TONES: Record<string, Tone> = { applied: "good", pending: "busy", error: "bad" };
/** Clusters that are named one by one. */
const NAMED = 200;

/** How clusters stand with what was sent to them. */
export function Reached({ of }: { of: Schema<"ObjectStatusCluster">[] }) {
  const t = useText(rolloutsText);
  return (
    <>
      <ul>
        {urgentFirst(of)
          .slice(0, NAMED)
          .map((one) => (
            <li key={one.id}>
              <ClusterLink id={one.id}>{one.name}</ClusterLink>{" "}
              <State tone={TONES[one.state] ?? "quiet"}>{t.memberStates[one.state]}</State>{" "}
              {one.state === "applied" && one.revision_at && <Ago at={one.revision_at} />}
              {one.error && (
                <ObjectError code={one.error_code ?? 0} field={one.error_field} error={one.error} />
              )}
            </li>
          ))}
      </ul>
      {of.length > NAMED && <p className="hint">{t.more(of.length - NAMED)}</p>}
    </>
  );
}
