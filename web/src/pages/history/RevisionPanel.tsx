import { Link } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { useState } from "react";

import { post, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Facts } from "../../ui/Page";
import { useKindName } from "./kinds";
import { isEmpty, placeOf, told } from "./place";
import { historyText } from "./text";

interface Props {
  revision: string;
  onClose: () => void;
}

/** What one revision did, and the way back to it. */
export function RevisionPanel({ revision, onClose }: Props) {
  const t = useText(historyText);
  const w = useText(words);
  const format = useFormat();
  const may = useMay();
  const query = useGet("/v1/fed/history/{revision}", { path: { revision } });
  const [planned, setPlanned] = useState<number>();
  const [went, setWent] = useState<number>();
  // Tried first: whoever decides knows how many objects change.
  const back = useChange(
    (dry_run: boolean) =>
      post("/v1/fed/history/{revision}/rollback", undefined, {
        path: { revision },
        query: { dry_run },
      }),
    {
      onDone: ({ applied, objects }) => {
        const done = applied || objects === 0;
        setWent(done ? objects : undefined);
        setPlanned(done ? undefined : objects);
      },
    },
  );
  const asking = planned !== undefined;
  return (
    <Dialog title={t.title(Number(revision))} onClose={onClose} place="side">
      <Loaded query={query} what={t.revision}>
        {({ revision: made, differences }) => (
          <>
            <Facts
              of={[
                [t.time, format.moment(made.at)],
                [t.who, made.source ? `${made.actor} (${made.source})` : made.actor],
              ]}
            />
            {differences.map((one) => (
              <Difference key={`${one.kind} ${one.name}`} of={one} />
            ))}
          </>
        )}
      </Loaded>
      <Refusal error={back.error} />
      {went !== undefined && <p role="status">{t.wentBack(went)}</p>}
      {asking && (
        <p>
          {t.goBackText(Number(revision))} {t.wouldChange(planned)}
        </p>
      )}
      {may("fed", "write") && (
        <div className="actions">
          {asking && (
            <button type="button" onClick={() => setPlanned(undefined)}>
              {w.cancel}
            </button>
          )}
          <button
            type="button"
            className={asking ? "danger" : ""}
            disabled={back.isPending}
            onClick={() => back.mutate(!asking)}
          >
            <Undo2 aria-hidden size={16} /> {t.goBack}
          </button>
        </div>
      )}
    </Dialog>
  );
}

function Difference({ of }: { of: Schema<"HistoryDifference"> }) {
  const t = useText(historyText);
  const kindName = useKindName();
  const place = of.action === "delete" ? undefined : placeOf(of.kind, of.name);
  // What is new had nothing before, and of what is gone nothing is left.
  const changed = of.action === "update";
  const fields = of.fields.filter(
    ({ before, after }) => changed || !isEmpty(before) || !isEmpty(after),
  );
  return (
    <section>
      <h3>
        {kindName(of.kind)}{" "}
        {place ? (
          <Link to={place.to as never} search={(place.search ?? {}) as never}>
            {of.name}
          </Link>
        ) : (
          of.name
        )}
        : {t.actions[of.action]}
      </h3>
      <dl className="facts">
        {fields.map((field) => (
          <div key={field.path}>
            <dt>{field.path}</dt>
            <dd>
              {of.action !== "create" && <Value title={t.before} of={field.before} />}
              {changed && " → "}
              {of.action !== "delete" && <Value title={t.after} of={field.after} />}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Value({ title, of }: { title: string; of: unknown }) {
  return (
    <code>
      <span className="hidden">{title}: </span>
      {told(of)}
    </code>
  );
}
