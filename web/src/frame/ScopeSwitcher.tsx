import { ChevronsUpDown, Globe, Server, Tags } from "lucide-react";
import { useState } from "react";

import { ClusterState } from "../pages/clusters/ClusterState";
import { useFound, useMember, useSelected } from "../pages/clusters/members";
import { useUrl, useWithin } from "../routing/search";
import { mayAskClusters, useAllowed, useMay } from "../session/permissions";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Picker } from "../ui/Picker";
import { useSettled } from "../ui/useSettled";
import { isSelector, labelChoices } from "./scopes";
import { frameText } from "./text";

/** Which clusters the portal looks at: all, those of a label, or one as it answers now. */
export function ScopeSwitcher() {
  const t = useText(frameText);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [url, setUrl] = useUrl();
  const [namespaces, setNamespaces] = useState("");
  const { cluster, cluster_selector: selector, namespace } = useWithin();
  const { members, labels, more, searching } = useFound(typed, { enabled: open });
  const settled = useSettled(typed.trim());
  const { count: selected } = useSelected(settled, open && isSelector(settled));
  const { member } = useMember(cluster);
  const may = useMay();
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  const name = cluster ? (member?.name ?? cluster.slice(0, 8)) : (selector ?? t.allClusters);
  const byLabel = labelChoices(labels, typed).map(({ text, count }) => ({
    id: `l:${text}`,
    text,
    beside: <Count of={count ?? (text === settled ? selected : undefined)} />,
  }));
  // One cluster is asked itself: by those who may.
  const byName = (asks ? members : []).map((one) => ({
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
  const apply = (scope: string) => {
    close();
    setUrl({ scope, ns: namespaces.trim(), cluster: "" }, { push: true });
  };
  // Questions about a part of the fleet are the federation's.
  if (!may("fed", "read") || !may("config", "read")) return null;
  const shown = namespace ? `${name} / ${namespace}` : name;
  const Icon = cluster ? Server : selector ? Tags : Globe;
  return (
    <>
      <button
        type="button"
        className="scope"
        aria-haspopup="dialog"
        aria-label={`${t.scope}: ${shown}`}
        onClick={() => {
          setNamespaces(url.ns ?? "");
          setOpen(true);
        }}
      >
        <Icon aria-hidden size={16} />
        <span>{shown}</span>
        <ChevronsUpDown aria-hidden size={14} />
      </button>
      {open && (
        <Dialog title={t.scope} onClose={close}>
          <Picker
            label={t.findCluster}
            hint={t.findClusterHint}
            none={t.noMatch}
            choices={choices}
            loading={searching}
            patient
            onType={setTyped}
            onPick={apply}
          />
          {more && <p className="hint">{t.moreClusters}</p>}
          <form
            className="namespaces"
            onSubmit={(event) => {
              event.preventDefault();
              apply(url.scope ?? "");
            }}
          >
            <Field label={t.namespaces} hint={t.namespacesHint}>
              <input
                value={namespaces}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => setNamespaces(event.target.value)}
              />
            </Field>
            <button type="submit">{t.apply}</button>
          </form>
        </Dialog>
      )}
    </>
  );
}

function Count({ of }: { of: number | undefined }) {
  const t = useText(frameText);
  return of === undefined ? null : <span className="hint">{t.clusters(of)}</span>;
}
