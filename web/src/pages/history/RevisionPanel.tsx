import { Link } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { useState } from "react";

import { post, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { holdsForAll, useAllowed } from "../../session/permissions";
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
  const goesBack = useAllowed((self) => holdsForAll(self, "fed", "write"));
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
      {goesBack && (
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
      <dl className={changed ? "facts changed" : "facts"}>
        {fields.map((field) => (
          <div key={field.path}>
            <dt>{field.path}</dt>
            <dd>
              {changed ? (
                <ul className="line-changes">
                  <Line className="gone" title={t.before} of={field.before} />
                  <Line className="added" title={t.after} of={field.after} />
                </ul>
              ) : (
                <code>{told(of.action === "delete" ? field.before : field.after)}</code>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What a part of an object was, or is; nothing where it said nothing. */
function Line({ className, title, of }: { className: string; title: string; of: unknown }) {
  if (isEmpty(of)) return null;
  return (
    <li className={className}>
      <span className="hidden">{title}: </span>
      <code>{told(of)}</code>
    </li>
  );
}
