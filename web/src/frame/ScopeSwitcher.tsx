import { ChevronsUpDown, Globe, Server, Tags } from "lucide-react";
import { useState } from "react";

import { ClusterState } from "../pages/clusters/ClusterState";
import { useMember, useMembers } from "../pages/clusters/members";
import { useFleet, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { Picker } from "../ui/Picker";
import { isSelector, labelChoices } from "./scopes";
import { frameText } from "./text";

/** Which clusters the portal looks at: all, those of a label, or one as it answers now. */
export function ScopeSwitcher() {
  const t = useText(frameText);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [, setUrl] = useUrl();
  const { cluster, cluster_selector: selector } = useFleet();
  const members = useMembers(open).data?.joint_clusters ?? [];
  const { member } = useMember(cluster);
  const name = cluster ? (member?.name ?? cluster.slice(0, 8)) : (selector ?? t.allClusters);
  const byLabel = labelChoices(members, typed).map(({ text, count }) => ({
    id: `l:${text}`,
    text,
    beside: <span className="hint">{t.clusters(count)}</span>,
  }));
  const byName = members.map((one) => ({
    id: `c:${one.id}`,
    text: one.name,
    beside: <ClusterState status={one.status} />,
  }));
  const isName = typed.trim() !== "" && !isSelector(typed);
  const choices = [
    { id: "", text: t.allClusters },
    // Who types a name means a cluster, though labels may have it too.
    ...(isName ? [...byName, ...byLabel] : [...byLabel, ...byName]),
  ];
  const close = () => {
    setOpen(false);
    setTyped("");
  };
  const Icon = cluster ? Server : selector ? Tags : Globe;
  return (
    <>
      <button
        type="button"
        className="scope"
        aria-haspopup="dialog"
        aria-label={`${t.scope}: ${name}`}
        onClick={() => setOpen(true)}
      >
        <Icon aria-hidden size={16} />
        <span>{name}</span>
        <ChevronsUpDown aria-hidden size={14} />
      </button>
      {open && (
        <Dialog title={t.scope} onClose={close}>
          <Picker
            label={t.findCluster}
            hint={t.findClusterHint}
            none={t.noMatch}
            choices={choices}
            onType={setTyped}
            onPick={(scope) => {
              close();
              setUrl({ scope, cluster: "" }, { push: true });
            }}
          />
        </Dialog>
      )}
    </>
  );
}
