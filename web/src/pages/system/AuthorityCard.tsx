import { useState } from "react";

import { post } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { State } from "../../ui/State";
import { systemText } from "./text";

/** Of a fingerprint, enough to tell one from another. */
const SHOWN = 16;

/** The authority that signs the certificates of all members; two while it is replaced. */
export function AuthorityCard({ federation }: { federation: string }) {
  const t = useText(systemText);
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const format = useFormat();
  const [replacing, setReplacing] = useState(false);
  const query = useGet("/v1/fed/authority", { every: 5_000 });
  const replace = useChange(() => post("/v1/fed/authority", undefined), {
    done: t.authorityBegun,
    onDone: () => setReplacing(false),
  });
  const runs = (query.data?.authorities.length ?? 0) > 1;
  return (
    <Card title={t.authority}>
      <Loaded query={query} what={t.authority}>
        {({ authorities }) =>
          authorities.map((one) => (
            <Facts
              key={one.fingerprint}
              of={[
                [
                  t.fingerprint,
                  <code key="fingerprint" title={one.fingerprint}>
                    {one.fingerprint.slice(0, SHOWN)}
                  </code>,
                ],
                [
                  t.authorityState,
                  <State key="state" tone={one.issuing ? "good" : "busy"}>
                    {one.issuing ? t.signs : t.trusted}
                  </State>,
                ],
                [t.authorityUntil, format.moment(one.expires_at)],
                [t.dependents, format.number(one.members)],
              ]}
            />
          ))
        }
      </Loaded>
      {runs && <p className="hint">{t.authorityRuns}</p>}
      {governs && (
        <button type="button" disabled={!query.data || runs} onClick={() => setReplacing(true)}>
          {t.replaceAuthority}
        </button>
      )}
      {replacing && (
        <ConfirmByName
          title={t.replaceAuthority}
          name={federation}
          action={t.replaceAuthority}
          busy={replace.isPending}
          error={replace.error}
          onConfirm={() => replace.mutate()}
          onClose={() => setReplacing(false)}
        >
          <p>{t.replaceAuthorityText}</p>
        </ConfirmByName>
      )}
    </Card>
  );
}
