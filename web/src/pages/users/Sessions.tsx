import { remove, type Schema } from "../../api/client";
import { useChange, usePages } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { usersText } from "./text";
import "./sessions.css";

type Session = Schema<"UserSession">;

const EVERY_MS = 10_000;

/** Where somebody is signed in, and how to end that. */
export function Sessions({ fullname }: { fullname: string }) {
  const t = useText(usersText);
  const format = useFormat();
  const w = useText(words);
  const query = usePages("/v1/user/{fullname}/session", (answer) => answer.sessions, {
    path: { fullname },
    every: EVERY_MS,
  });
  const end = useChange(
    (id: string) => remove("/v1/user/{fullname}/session/{id}", { path: { fullname, id } }),
    { done: t.sessionEnded },
  );
  return (
    <Loaded query={{ ...query, data: query.rows }} what={t.sessions}>
      {(sessions) => (
        <>
          {sessions.length === 0 && <p className="hint">{t.noSessions}</p>}
          <ul className="sessions">
            {sessions.map((session: Session) => (
              <li key={session.id}>
                <span id={`session-${session.id}`}>
                  {session.address}{" "}
                  {session.current && <span className="tag">{t.thisSession}</span>}
                  <span
                    className="hint"
                    title={t.since(
                      format.moment(session.created_timestamp * 1_000),
                      format.moment(session.last_seen_timestamp * 1_000),
                    )}
                  >
                    {t.since(
                      format.ago(session.created_timestamp * 1_000),
                      format.ago(session.last_seen_timestamp * 1_000),
                    )}
                  </span>
                </span>
                {!session.current && (
                  <button
                    type="button"
                    aria-describedby={`session-${session.id}`}
                    disabled={end.isPending}
                    onClick={() => end.mutate(session.id)}
                  >
                    {t.endSession}
                  </button>
                )}
              </li>
            ))}
          </ul>
          {query.hasNextPage && (
            <button
              type="button"
              disabled={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {w.showMore}
            </button>
          )}
          <Refusal error={end.error} />
        </>
      )}
    </Loaded>
  );
}
