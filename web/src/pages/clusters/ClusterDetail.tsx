import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Check, Eye, RefreshCw, Trash2, TriangleAlert } from "lucide-react";

import { post, remove } from "../../api/client";
import { useChange } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { holdsForAll, mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { address, useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Refusal, Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts, Page } from "../../ui/Page";
import { NewestEvents } from "../events/NewestEvents";
import { Certificate } from "./Certificate";
import { ClusterAdmission } from "./ClusterAdmission";
import { ClusterErrors } from "./ClusterErrors";
import { ClusterLabels } from "./ClusterLabels";
import { ClusterState } from "./ClusterState";
import { LiveSummary } from "./LiveSummary";
import { behind, type Cluster, isConnected, useMember } from "./members";
import { clustersText } from "./text";

export function ClusterDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const names = useText(pageNames);
  const w = useText(words);
  const query = useMember(id);
  return (
    <Loaded query={query} what={names.clusters}>
      {({ joint_clusters: members = [], summary }) => {
        const member = members[0];
        return member ? (
          <Member member={member} head={summary?.revision ?? 0} />
        ) : (
          <Sign title={w.notFound} role="alert" />
        );
      }}
    </Loaded>
  );
}

function Member({ member, head }: { member: Cluster; head: number }) {
  const t = useText(clustersText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const may = useMay();
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  const resyncs = useAllowed((self) => mayAskClusters(self, "write"));
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const navigate = useNavigate();
  const [url, setUrl] = useUrl();
  const resync = useChange(() => post("/v1/fed/deploy", { force: true, ids: [member.id] }), {
    done: t.resynced,
  });
  const approve = useChange(
    () => post("/v1/fed/cluster/{id}/approve", undefined, { path: { id: member.id } }),
    { done: t.approved(member.name) },
  );
  const kick = useChange(() => remove("/v1/fed/cluster/{id}", { path: { id: member.id } }), {
    done: t.removed(member.name),
    onDone: () => void navigate({ to: "/clusters" as never, search: { scope: "" } as never }),
  });
  return (
    <Page
      title={member.name}
      parent={{ to: "/clusters", text: names.clusters }}
      beside={<ClusterState status={member.status} />}
      actions={
        <>
          {asks && (
            <Link
              className="button"
              to={"/" as never}
              search={{ scope: `c:${member.id}` } as never}
            >
              <Eye aria-hidden size={16} /> {t.look}
            </Link>
          )}
          {resyncs && (
            <button type="button" disabled={resync.isPending} onClick={() => resync.mutate()}>
              <RefreshCw aria-hidden size={16} /> {t.resync}
            </button>
          )}
          {governs && (
            <button type="button" onClick={() => setUrl({ open: "remove" })}>
              <Trash2 aria-hidden size={16} /> {t.remove}
            </button>
          )}
          {governs && member.status === "pending" && (
            <button
              type="button"
              className="primary"
              disabled={approve.isPending}
              onClick={() => approve.mutate()}
            >
              <Check aria-hidden size={16} /> {t.approve}
            </button>
          )}
        </>
      }
    >
      <Refusal error={resync.error ?? approve.error} />
      {member.duplicate_at && (
        <p className="reminder bad">
          <TriangleAlert aria-hidden size={18} />
          {t.duplicate(format.moment(member.duplicate_at), member.duplicate_address || "–")}
        </p>
      )}
      <div className="cards">
        <Card title={t.sync}>
          <Facts
            of={[
              [w.state, <ClusterState key="s" status={member.status} />],
              [
                t.revision,
                `${format.number(member.revision ?? 0)} (${t.behind(behind(member, head))})`,
              ],
              [t.headRevision, format.number(head)],
              [t.lastSeen, member.last_seen ? <Ago key="a" at={member.last_seen} /> : w.never],
            ]}
          />
        </Card>
        <Card title={t.identity}>
          <Facts
            of={[
              [t.id, <code key="id">{member.id}</code>],
              [t.agent, member.agent_version || "–"],
              [t.certificate, <Certificate key="c" of={member} />],
              [t.restAddress, address(member.rest_info) || "–"],
            ]}
          />
        </Card>
        <ClusterLabels member={member} />
        {may("fed", "read") && <ClusterErrors cluster={member.id} />}
        {asks && isConnected(member) && (
          <>
            {may("admctrl", "read") && <ClusterAdmission cluster={member.id} />}
            <LiveSummary cluster={member.id} />
          </>
        )}
        {asks && !isConnected(member) && (
          <Card title={t.live} wide>
            <p className="hint">{t.notConnected}</p>
          </Card>
        )}
        {may("events", "read") && (
          <Card
            title={t.events}
            wide
            actions={
              <Link to={"/events" as never} search={{ scope: "", cluster: member.id } as never}>
                {t.allEvents}
              </Link>
            }
          >
            <NewestEvents of={{ cluster: member.id }} />
          </Card>
        )}
      </div>
      {url.open === "remove" && governs && (
        <ConfirmByName
          title={t.remove}
          name={member.name}
          action={w.remove}
          busy={kick.isPending}
          error={kick.error}
          onConfirm={() => kick.mutate()}
          onClose={() => setUrl({ open: "" })}
        >
          <p>{t.removeText(member.name)}</p>
        </ConfirmByName>
      )}
    </Page>
  );
}
