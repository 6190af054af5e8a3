import { allSeen } from "../../text/turns";

/** A record as it was sent. What logs have a place for and a record does not say is left out. */
export function rawOf(detail: unknown): string {
  // What would turn the writing around is seen.
  return allSeen(JSON.stringify(detail, said, 2));
}

/** In a list nothing can be left out without something else in its place. */
function said(this: unknown, _: string, value: unknown): unknown {
  return value === "" && !Array.isArray(this) ? undefined : value;
}
