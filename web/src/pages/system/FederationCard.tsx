import { useState } from "react";

import { get, patch, post } from "../../api/client";
import { useChange } from "../../api/query";
import { useUrl } from "../../routing/search";
import { administers, holdsForAll, useAllowed } from "../../session/permissions";
import { address } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Refusal } from "../../ui/Failure";
import { Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { useFederation } from "../clusters/members";
import { AuthorityCard } from "./AuthorityCard";
import { FederationDialog } from "./FederationDialog";
import { systemText } from "./text";

const OPEN = "federation";

/** The federation that this primary holds, and the authority of its certificates. */
export function FederationCard() {
  const t = useText(systemText);
  const w = useText(words);
  const [url, setUrl] = useUrl();
  const [demoting, setDemoting] = useState(false);
  const query = useFederation();
  const share = (on: boolean) => patch("/v1/fed/config", { deploy_repo_scan_data: on });
  const change = useChange(share, {
    done: t.saved,
    read: async () => (await get("/v1/fed/member", { query: { limit: 1 } })).deploy_repo_scan_data,
    undo: (on) => () => share(!on),
  });
  const demote = useChange(() => post("/v1/fed/demote", undefined), {
    done: t.demoted,
    onDone: () => setDemoting(false),
  });
  const primary = query.data?.fed_role ? query.data.master_cluster : undefined;
  const writable = useAllowed((self) => administers(self) && holdsForAll(self, "fed", "write"));
  const seesAuthority = useAllowed((self) => holdsForAll(self, "fed", "read"));
  return (
    <>
      <Card
        title={t.federation}
        actions={
          primary &&
          writable && (
            <button type="button" onClick={() => setUrl({ open: OPEN }, { push: true })}>
              {w.change}
            </button>
          )
        }
      >
        <Loaded query={query} what={t.federation}>
          {({ master_cluster: master, fed_role: role, deploy_repo_scan_data: shared }) => (
            <>
              <Facts
                of={[
                  [t.fedName, master?.name ?? "–"],
                  [t.role, role ? t.primary : t.standalone],
                  [t.address, (master && address(master.rest_info)) || "–"],
                ]}
              />
              {role && (
                <>
                  <Switch
                    label={t.shareScans}
                    checked={shared}
                    disabled={!writable || change.isPending}
                    onChange={(on) => change.mutate(on)}
                  />
                  <Refusal error={change.error} />
                  {writable && (
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
        {url.open === OPEN && primary && writable && (
          <FederationDialog primary={primary} onClose={() => setUrl({ open: "" })} />
        )}
      </Card>
      {primary && seesAuthority && <AuthorityCard federation={primary.name} />}
    </>
  );
}
