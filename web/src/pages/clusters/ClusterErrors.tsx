import { useGet } from "../../api/query";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { State } from "../../ui/State";
import { useKindName } from "../history/kinds";
import { ObjectLink } from "../history/ObjectLink";
import { ObjectError } from "./ObjectError";
import { clustersText } from "./text";

const EVERY_MS = 5_000;

/** The federated objects that the cluster could not put in force, and why. */
export function ClusterErrors({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const kindName = useKindName();
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
            <ul className="stack">
              {errors.map((one) => (
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
          )
        }
      </Loaded>
    </Card>
  );
}
