import { Link } from "@tanstack/react-router";

import type { Search } from "../../routing/search";
import { useText } from "../../text/language";
import { useOwner } from "./owner";
import { ownText } from "./text";

/** In the scope of a cluster, why an object that is not its own is only shown, and where it is
 * changed. */
export function OriginNote({ of }: { of: { cfg_type?: string } }) {
  const t = useText(ownText);
  const { cluster } = useOwner();
  if (!cluster) return null;
  if (of.cfg_type === "ground") return <p className="hint">{t.ground}</p>;
  if (of.cfg_type !== "federal") return null;
  return (
    <p className="hint">
      {t.federated}{" "}
      <Link to="." search={((before: Search) => ({ ...before, scope: undefined })) as never}>
        {t.toFederated}
      </Link>
    </p>
  );
}
