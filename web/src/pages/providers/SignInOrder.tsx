import { ifStill, patchTagged, type Schema, type Target } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { MoveButtons } from "../../ui/MoveButtons";
import { Card } from "../../ui/Page";
import { moved } from "./draft";
import { providersText } from "./text";

const LOCAL = "local";
/** Without a scope, the webhooks of the home cluster would be waited for. */
const ASKED = { query: { scope: "fed" } };

/** In which order directories are asked for a password. */
export function SignInOrder({
  directories,
  writable,
}: {
  directories: string[];
  writable: boolean;
}) {
  const t = useText(providersText);
  const chosen = useGet("/v1/system/config", ASKED).data?.config.auth_order ?? [];
  const put = (auth_order: string[], still?: Target) => {
    const update = { config: { auth_order } } as Schema<"SystemConfigUpdate">;
    return patchTagged("/v1/system/config", update, still);
  };
  const change = useChange((order: string[]) => put(order), {
    done: t.ordered,
    undo: (_, tag) => (tag ? () => put(chosen, ifStill(tag)) : undefined),
  });
  const order = chosen.length > 0 ? chosen : [LOCAL, ...directories];
  // A directory that came later is asked once it is put somewhere.
  const rest = directories.filter((name) => !order.includes(name));
  const all = [...order, ...rest];
  const called = (name: string) => (name === LOCAL ? t.local : name);
  return (
    <Card
      title={t.order}
      actions={
        writable &&
        chosen.length > 0 && (
          <button type="button" disabled={change.isPending} onClick={() => change.mutate([])}>
            {t.usual}
          </button>
        )
      }
    >
      <p className="hint">{t.orderHint}</p>
      <ol className="sign-in-order">
        {all.map((name, at) => (
          <li key={name}>
            {called(name)}
            {writable && (
              <span className="actions">
                <MoveButtons
                  up={t.up(called(name))}
                  down={t.down(called(name))}
                  first={at === 0}
                  last={at === all.length - 1}
                  busy={change.isPending}
                  onMove={(by) => change.mutate(moved(all, at, by))}
                />
              </span>
            )}
          </li>
        ))}
      </ol>
      <Refusal error={change.error} />
    </Card>
  );
}
