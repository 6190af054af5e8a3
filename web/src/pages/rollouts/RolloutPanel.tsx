import { Pause, Play, Undo2 } from "lucide-react";
import { useState } from "react";

import { patch } from "../../api/client";
import { useChange } from "../../api/query";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Facts } from "../../ui/Page";
import { useKindName } from "../history/kinds";
import { stageStates } from "./progress";
import { Reached } from "./Reached";
import { type Rollout, RolloutState } from "./Rollouts";
import { Stages } from "./Stages";
import { rolloutsText } from "./text";

/** One change on its way: its stages, its clusters, and how it is halted or taken back. */
export function RolloutPanel({ of, onClose }: { of: Rollout; onClose: () => void }) {
  const t = useText(rolloutsText);
  const format = useFormat();
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const kindName = useKindName();
  const [aborting, setAborting] = useState(false);
  const path = { id: String(of.id) };
  const act = (action: string) => patch("/v1/fed/rollout/{id}", { action }, { path });
  const pause = useChange(() => act("pause"), { done: t.paused });
  const resume = useChange(() => act("resume"), { done: t.resumed });
  const abort = useChange(() => act("abort"), {
    done: t.aborted,
    onDone: () => setAborting(false),
  });
  const ended = of.state === "completed" || of.state === "aborted";
  if (aborting && !ended) {
    return (
      <ConfirmByName
        title={t.abortTitle}
        name={String(of.revision)}
        action={t.abort}
        busy={abort.isPending}
        error={abort.error}
        onConfirm={() => abort.mutate()}
        onClose={() => setAborting(false)}
      >
        <p>{t.abortText(of.clusters.length)}</p>
      </ConfirmByName>
    );
  }
  const halt = t.halts[of.reason_code ?? ""]?.(...(of.reason_parameters ?? []));
  return (
    <Dialog title={t.name(of.revision)} place="side" onClose={onClose}>
      <p role="status">
        <RolloutState of={of} />
      </p>
      <Facts
        of={[
          [t.who, of.actor],
          [t.begun, format.moment(of.created_at)],
          [t.ended, of.finished_at ? format.moment(of.finished_at) : "–"],
          [t.reason, halt || of.reason || "–"],
          [t.what, of.objects.map((one) => `${kindName(one.kind)} ${one.name}`).join(", ")],
        ]}
      />
      <h3>{t.progress}</h3>
      <Stages of={of.policy.stages ?? []} states={stageStates(of)} />
      <h3>{t.members}</h3>
      {of.clusters.length === 0 && <p className="hint">{t.noMember}</p>}
      <Reached of={of.clusters} />
      <Refusal error={pause.error ?? resume.error} />
      {governs && !ended && (
        <div className="actions">
          {of.state === "running" ? (
            <button type="button" disabled={pause.isPending} onClick={() => pause.mutate()}>
              <Pause aria-hidden size={16} /> {t.pause}
            </button>
          ) : (
            <button type="button" disabled={resume.isPending} onClick={() => resume.mutate()}>
              <Play aria-hidden size={16} /> {t.resume}
            </button>
          )}
          <button type="button" className="danger" onClick={() => setAborting(true)}>
            <Undo2 aria-hidden size={16} /> {t.abort}
          </button>
        </div>
      )}
    </Dialog>
  );
}
