import { type FormEvent, useId, useState } from "react";

import { ifStill, patchTagged, type Target } from "../../api/client";
import { useChange } from "../../api/query";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Card } from "../../ui/Page";
import { labelsOf, textOf } from "./labels";
import type { Cluster } from "./members";
import { clustersText } from "./text";

/** By what federated objects find the cluster. */
export function ClusterLabels({ member }: { member: Cluster }) {
  const t = useText(clustersText);
  const w = useText(words);
  const writable = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const hint = useId();
  const [typed, setTyped] = useState<string>();
  const put = (labels: Record<string, string>, still?: Target) =>
    patchTagged("/v1/fed/member/{id}/labels", { labels }, { path: { id: member.id }, ...still });
  const change = useChange(({ to }: Record<"to" | "from", Record<string, string>>) => put(to), {
    done: t.labelsSaved,
    onDone: () => setTyped(undefined),
    undo: ({ from }, tag) => (tag ? () => put(from, ifStill(tag)) : undefined),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ to: labelsOf(typed ?? ""), from: member.labels ?? {} });
  };
  return (
    <Card title={t.labels}>
      <form className="form" onSubmit={submit}>
        <div className="field">
          <input
            aria-label={t.labels}
            aria-describedby={hint}
            value={typed ?? textOf(member.labels ?? {})}
            disabled={!writable}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
          <span className="hint" id={hint}>
            {t.labelsHint}
          </span>
        </div>
        <Refusal error={change.error} />
        {typed !== undefined && (
          <div className="actions">
            <button type="button" onClick={() => setTyped(undefined)}>
              {w.cancel}
            </button>
            <button type="submit" className="primary" disabled={change.isPending}>
              {w.save}
            </button>
          </div>
        )}
      </form>
    </Card>
  );
}
