import { ChevronsUpDown, Globe, Server } from "lucide-react";
import { useState } from "react";

import { ClusterState } from "../pages/clusters/ClusterState";
import { useMembers } from "../pages/clusters/members";
import { useScope, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { Picker } from "../ui/Picker";
import { frameText } from "./text";

/** Which cluster the portal looks at: all, or one as it answers now. */
export function ScopeSwitcher() {
  const t = useText(frameText);
  const [open, setOpen] = useState(false);
  const [, setUrl] = useUrl();
  const scope = useScope();
  const members = useMembers().data?.joint_clusters ?? [];
  const name = scope
    ? (members.find((one) => one.id === scope)?.name ?? scope.slice(0, 8))
    : t.allClusters;
  const choices = [
    { id: "", text: t.allClusters },
    ...members.map((one) => ({
      id: one.id,
      text: one.name,
      beside: <ClusterState status={one.status} />,
    })),
  ];
  return (
    <>
      <button
        type="button"
        className="scope"
        aria-haspopup="dialog"
        aria-label={`${t.scope}: ${name}`}
        onClick={() => setOpen(true)}
      >
        {scope ? <Server aria-hidden size={16} /> : <Globe aria-hidden size={16} />}
        <span>{name}</span>
        <ChevronsUpDown aria-hidden size={14} />
      </button>
      {open && (
        <Dialog title={t.scope} onClose={() => setOpen(false)}>
          <Picker
            label={t.findCluster}
            none={t.noMatch}
            choices={choices}
            onPick={(id) => {
              setOpen(false);
              setUrl({ scope: id && `c:${id}` }, { push: true });
            }}
          />
        </Dialog>
      )}
    </>
  );
}
