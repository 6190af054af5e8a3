import { useScope } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Facet } from "../../ui/Facet";
import { useMembersInScope } from "./members";

/** Limits a list of the whole fleet to one cluster, unless the scope does. */
export function ClusterFacet() {
  const w = useText(words);
  const scope = useScope();
  const members = useMembersInScope() ?? [];
  if (scope) return null;
  return (
    <Facet of="cluster" label={w.cluster} options={members.map((one) => [one.id, one.name])} />
  );
}
