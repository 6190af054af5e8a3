import { useScope, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Facet } from "../../ui/Facet";
import { useMembersInScope } from "./members";

/** With more clusters a list of them is of no use: the scope switcher finds one. */
const MOST = 200;

/** Limits a list of the whole fleet to one cluster, unless the scope does. */
export function ClusterFacet() {
  const w = useText(words);
  const scope = useScope();
  const [{ cluster: chosen }] = useUrl();
  const members = useMembersInScope() ?? [];
  const offered = members.length > MOST ? members.filter((one) => one.id === chosen) : members;
  if (scope || offered.length === 0) return null;
  return (
    <Facet of="cluster" label={w.cluster} options={offered.map((one) => [one.id, one.name])} />
  );
}
