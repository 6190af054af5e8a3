import { Link } from "@tanstack/react-router";

import { useGet } from "../../api/query";
import { useScope } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { State } from "../../ui/State";
import type { Kind } from "../history/kinds";
import { Reached } from "./Reached";
import { rolloutsText } from "./text";

const EVERY_MS = 5_000;

/** How far a federated object has come: who has it, who will, and who could not take it. */
export function Propagation({ kind, name }: { kind: Kind; name: string }) {
  const t = useText(rolloutsText);
  const format = useFormat();
  // A cluster's own objects go nowhere.
  const scope = useScope();
  const shown = useMay()("fed", "read") && scope === undefined;
  const query = useGet("/v1/fed/object_status", {
    query: { kind, name },
    every: EVERY_MS,
    enabled: shown,
  });
  if (!shown) return null;
  return (
    <section className="stack" aria-label={t.propagation}>
      <h3>{t.propagation}</h3>
      <Loaded query={query} what={t.propagation} lines={2}>
        {({ clusters }) => {
          const count = (state: string) => clusters.filter((one) => one.state === state).length;
          const [applied, errors] = [count("applied"), count("error")];
          const all = clusters.length;
          const tone = errors > 0 ? "bad" : applied < all ? "busy" : "good";
          return (
            <>
              <p>
                <State tone={tone}>
                  {t.appliedBy(format.number(applied), format.number(all))}
                  {errors > 0 && ` ${t.failedIn(format.number(errors))}`}
                </State>
              </p>
              {applied < all && <progress value={applied} max={all} aria-label={t.propagation} />}
              <details open={errors > 0}>
                <summary>{t.clusterByCluster}</summary>
                <Reached of={clusters} />
              </details>
            </>
          );
        }}
      </Loaded>
      <p>
        <Link to={"/history" as never} search={{ q: name, type: kind } as never}>
          {t.history}
        </Link>
      </p>
    </section>
  );
}
