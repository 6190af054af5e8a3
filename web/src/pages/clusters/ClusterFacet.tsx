import { useGet } from "../../api/query";
import { useFleet, useScope, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Facet } from "../../ui/Facet";
import { useMayRead, useMember } from "./members";

/** With more clusters a list of them is of no use: the scope switcher finds one. */
const MOST = 200;

/** Limits a list of the whole fleet to one cluster, unless the scope does. */
export function ClusterFacet() {
  const w = useText(words);
  const scope = useScope();
  const { cluster_selector } = useFleet();
  const [{ cluster: chosen }] = useUrl();
  const { data } = useGet("/v1/fed/member", {
    query: { limit: MOST + 1, cluster_selector },
    enabled: useMayRead() && !scope,
  });
  const members = data?.joint_clusters ?? [];
  const few = members.length <= MOST;
  const { member } = useMember(few ? undefined : chosen);
  const offered = few ? members : member ? [member] : [];
  if (scope || offered.length === 0) return null;
  return (
    <Facet of="cluster" label={w.cluster} options={offered.map((one) => [one.id, one.name])} />
  );
}
