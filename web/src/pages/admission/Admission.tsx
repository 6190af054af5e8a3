import type { Target } from "../../api/client";
import { pageNames } from "../../frame/pages";
import { mayAskClusters, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { everyRow } from "../../transfer/everyRow";
import { Transfer } from "../../transfer/Transfer";
import { AddButton } from "../../ui/AddButton";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { useOwner } from "../own/owner";
import { AdmissionRules } from "./AdmissionRules";
import { ClusterStates } from "./ClusterStates";
import { RuleTester } from "./RuleTester";
import { admissionText } from "./text";

async function namesOfAll(target: Target) {
  const rules = await everyRow("/v1/admission/rules", target, (answer) => answer.rules);
  const ids = rules.filter((rule) => !rule.critical).map((rule) => rule.id ?? 0);
  return ids.length > 0 ? { ids } : undefined;
}

/** What may be created in the clusters: the rules, where they decide, and a try. */
export function Admission() {
  const t = useText(admissionText);
  const names = useText(pageNames);
  const { cluster, target, writable } = useOwner();
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  const tries = useAllowed((self) => mayAskClusters(self, "write"));
  const shown: Record<string, boolean> = { rules: true, clusters: asks, try: tries };
  const tabs = Object.entries(t.tabs).filter(([id]) => shown[id]);
  const tab = useTab(tabs);
  return (
    <Page
      title={names.admission}
      lead={cluster ? t.leadCluster : t.lead}
      actions={
        <>
          <Transfer
            what={names.admission}
            file="admission-rules.yaml"
            exportPath="/v1/file/admission"
            importPath="/v1/file/admission/config"
            target={target}
            names={namesOfAll}
            writable={writable}
          />
          {writable && <AddButton text={t.add} url={{ tab: "" }} />}
        </>
      }
    >
      {tabs.length > 1 && <Tabs label={names.admission} tabs={tabs} />}
      {tab === "rules" && <AdmissionRules writable={writable} />}
      {tab === "clusters" && <ClusterStates />}
      {tab === "try" && <RuleTester />}
    </Page>
  );
}
