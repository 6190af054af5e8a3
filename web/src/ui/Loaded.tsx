import { type ReactNode, useRef } from "react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { Failure } from "./Failure";
import { useFailureText } from "./failureText";

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  /** How often it failed since it was first asked for. */
  errorUpdateCount?: number;
  refetch: () => unknown;
}

interface Props<T> {
  query: Query<T>;
  /** What is read, for people. */
  what: string;
  /** Rows that are likely to come: so much room is kept for them. */
  lines?: number;
  children: (data: T) => ReactNode;
}

/** Shows what was read; until then, that it is being read; or why it was not. */
export function Loaded<T>({ query, what, lines = 4, children }: Props<T>) {
  const text = useFailureText();
  const w = useText(words);
  const failed = useRef<unknown>(undefined);
  if (query.data === undefined) {
    // What is asked again by itself stays failed until it is answered: nothing flickers.
    if (query.error || !query.errorUpdateCount) failed.current = query.error;
    if (!failed.current) return <Skeleton lines={lines} />;
    const retry = () => {
      failed.current = undefined;
      query.refetch();
    };
    return <Failure error={failed.current} what={what} onRetry={retry} />;
  }
  return (
    <>
      {query.error != null && (
        <p role="alert" className="stale">
          {text(query.error)} {w.old}
        </p>
      )}
      {children(query.data)}
    </>
  );
}

/** Appears where reading takes longer than a blink. */
export function Skeleton({ lines }: { lines: number }) {
  const w = useText(words);
  return (
    <div className="skeleton" role="status" aria-label={w.loading}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same
        <span key={line} />
      ))}
    </div>
  );
}
