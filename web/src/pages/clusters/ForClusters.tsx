import { Tags } from "lucide-react";

import { useText } from "../../text/language";
import { type ClusterSelector, textOf } from "./selector";
import { clustersText } from "./text";

/** Which clusters a federated object is for; nothing where it is for all. */
export function ForClusters({ of }: { of: ClusterSelector | null | undefined }) {
  const t = useText(clustersText);
  const labels = textOf(of);
  if (!labels) return null;
  return (
    <span className="tag" title={t.selector}>
      <Tags aria-hidden size={12} /> <span className="hidden">{t.selector}: </span>
      {labels}
    </span>
  );
}
