import type { Search } from "../../routing/search";
import type { Cluster } from "./members";

/** The members that the URL's filters admit, in its order. */
export function select(members: Cluster[], search: Search): Cluster[] {
  const wanted = search.q?.toLowerCase() ?? "";
  const rows = members.filter(
    (one) =>
      one.name.toLowerCase().includes(wanted) && (!search.status || one.status === search.status),
  );
  const field = search.sort?.replace(/^-/, "") as keyof Cluster | undefined;
  if (!field) return rows;
  const sign = search.sort?.startsWith("-") ? -1 : 1;
  const order = new Intl.Collator(undefined, { numeric: true });
  return rows.sort((a, b) => sign * order.compare(String(a[field] ?? ""), String(b[field] ?? "")));
}
