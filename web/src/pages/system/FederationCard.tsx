import { useState } from "react";

import { patch, post } from "../../api/client";
import { useChange } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Refusal } from "../../ui/Failure";
import { Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { useFederation } from "../clusters/members";
import { systemText } from "./text";

/** The federation that this primary holds. */
export function FederationCard() {
  const t = useText(systemText);
  const may = useMay();
  const [demoting, setDemoting] = useState(false);
  const query = useFederation();
  const change = useChange(
    (share: boolean) => patch("/v1/fed/config", { deploy_repo_scan_data: share }),
    { done: t.saved },
  );
  const demote = useChange(() => post("/v1/fed/demote", undefined), {
    done: t.demoted,
    onDone: () => setDemoting(false),
  });
  return (
    <Card title={t.federation}>
      <Loaded query={query} what={t.federation}>
        {({ master_cluster: master, fed_role: role, deploy_repo_scan_data: share }) => (
          <>
            <Facts
              of={[
                [t.fedName, master?.name ?? "–"],
                [t.role, role ? t.primary : t.standalone],
                [t.address, master ? `${master.rest_info.server}:${master.rest_info.port}` : "–"],
              ]}
            />
            {role && (
              <>
                <Switch
                  label={t.shareScans}
                  checked={share}
                  disabled={!may("fed", "write") || change.isPending}
                  onChange={(on) => change.mutate(on)}
                />
                <Refusal error={change.error} />
                {may("fed", "write") && (
                  <div>
                    <button type="button" onClick={() => setDemoting(true)}>
                      {t.demote}
                    </button>
                  </div>
                )}
              </>
            )}
            {demoting && master && (
              <ConfirmByName
                title={t.demote}
                name={master.name}
                action={t.demote}
                busy={demote.isPending}
                error={demote.error}
                onConfirm={() => demote.mutate()}
                onClose={() => setDemoting(false)}
              >
                <p>{t.demoteText}</p>
              </ConfirmByName>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}
