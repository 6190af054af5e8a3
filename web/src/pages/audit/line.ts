// The lines of the logs, and how one of them is named: records have no number, and the same may
// happen twice in a second.

import type { Schema } from "../../api/client";

export type Line = Schema<"Audit"> & Schema<"Event"> & { key: string };

/** What tells a record from others, but for the same once more. */
function wordsOf(line: Line): string {
  const { cluster_name, reported_timestamp, name, message, user } = line;
  const { rest_method, rest_request, rest_body, workload_domain, workload_name } = line;
  return [
    ...[cluster_name, reported_timestamp, name, message, user],
    ...[rest_method, rest_request, rest_body, workload_domain, workload_name],
  ].join(" ");
}

/** The lines with a key each. */
export function keyed(records: (Schema<"Audit"> | Schema<"Event">)[]): Line[] {
  const seen = new Map<string, number>();
  return records.map((record) => {
    const line = record as Line;
    const words = wordsOf(line);
    const count = (seen.get(words) ?? 0) + 1;
    seen.set(words, count);
    return { ...line, key: `${words} ${count}` };
  });
}

/** How the URL names a record: by its second and what it says, in few letters. */
export function nameOf(line: Line): string {
  let hash = 0x811c9dc5;
  for (const letter of wordsOf(line)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return `${line.reported_timestamp}.${hash.toString(36)}`;
}

/** The second (Unix) of a record by its name. */
export function secondOf(name: string): number {
  return Number.parseInt(name, 10) || 0;
}
