// How a link names one of many workloads: by what the primary finds it by, among any number.

interface Placed {
  cluster_id: string;
  id: string;
  /** RFC 3339; empty where nobody knows. */
  started_at: string;
}

/** The key of a workload: its cluster, the second (Unix) in which it began, and its id. */
export function keyOf({ cluster_id, id, started_at }: Placed): string {
  const at = Math.floor(Date.parse(started_at) / 1_000);
  return `${cluster_id}/${Number.isNaN(at) ? "" : at}/${id}`;
}

/** What to ask for the workload of a key. */
export function placeOf(key: string): Record<string, string | undefined> {
  const [cluster, at] = key.split("/");
  if (!at || Number.isNaN(Number(at))) return { cluster };
  return { cluster, since: at, until: String(Number(at) + 1) };
}
