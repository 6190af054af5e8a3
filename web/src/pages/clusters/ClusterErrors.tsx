import { useState } from "react";

import { useGet } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { State } from "../../ui/State";
import { useKindName } from "../history/kinds";
import { ObjectLink } from "../history/ObjectLink";
import { ObjectError } from "./ObjectError";
import { clustersText } from "./text";

const EVERY_MS = 5_000;
/** Where nothing can be put in force there are as many as there are objects: so many are named. */
const NAMED = 50;

/** The federated objects that the cluster could not put in force, and why. */
export function ClusterErrors({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const w = useText(words);
  const kindName = useKindName();
  const [shown, setShown] = useState(NAMED);
  const query = useGet("/v1/fed/member/{id}/errors", { path: { id: cluster }, every: EVERY_MS });
  return (
    <Card title={t.errors}>
      <Loaded query={query} what={t.errors} lines={2}>
        {({ errors }) =>
          errors.length === 0 ? (
            <p>
              <State tone="good">{t.noErrors}</State>
            </p>
          ) : (
            <>
              <ul className="stack">
                {errors.slice(0, shown).map((one) => (
                  <li key={`${one.kind} ${one.name}`}>
                    <State tone="bad">
                      {kindName(one.kind)} <ObjectLink kind={one.kind} name={one.name} />
                    </State>
                    <p>
                      <ObjectError code={one.code} field={one.field} error={one.error} />
                    </p>
                  </li>
                ))}
              </ul>
              {errors.length > shown && (
                <button type="button" onClick={() => setShown(shown + NAMED)}>
                  {w.showMore}
                </button>
              )}
            </>
          )
        }
      </Loaded>
    </Card>
  );
}
