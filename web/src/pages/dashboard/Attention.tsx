import { Link } from "@tanstack/react-router";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { asOne, useGet } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { stateText } from "../clusters/ClusterState";
import { useMayRead, useMembersOfConcern } from "../clusters/members";
import { type Concern, concerns } from "./attention";
import { dashboardText } from "./text";

const EVERY_MS = 10_000;
const SHOWN = 6;

export function Attention() {
  const t = useText(dashboardText);
  const format = useFormat();
  const may = useMay();
  const readable = [
    useMayRead(),
    may("nv_resource", "read"),
    may("reg_scan", "read"),
    may("fed", "read"),
  ] as const;
  const members = useMembersOfConcern();
  const statuses = members.data?.summary?.statuses;
  const scanners = useGet("/v1/scan/scanner", { enabled: readable[1], every: EVERY_MS });
  const registries = useGet("/v1/scan/registry", { enabled: readable[2], every: EVERY_MS });
  const rollouts = useGet("/v1/fed/rollout", {
    query: { state: "halted", limit: SHOWN },
    enabled: readable[3],
    every: EVERY_MS,
  });
  const readings = [members, scanners, registries, rollouts].filter((_, at) => readable[at]);
  const found = concerns(
    {
      clusters: statuses && Object.values(statuses).reduce((sum, count) => sum + count, 0),
      members: members.data?.joint_clusters,
      rollouts: rollouts.data?.rollouts,
      scanners: scanners.data?.scanners,
      registries: registries.data?.summarys,
    },
    timeNow(),
  );
  // That all is well is said once all is known.
  const told = found.length > 0 || readings.every((one) => one.data) ? found : undefined;
  return (
    <Card title={t.attention}>
      <Loaded query={asOne(told, readings)} what={t.attention} lines={2}>
        {(found) =>
          found.length === 0 ? (
            <p className="fine">
              <CircleCheck aria-hidden size={20} /> {t.fine}
            </p>
          ) : (
            <ul className="concerns">
              {found.slice(0, SHOWN).map((one) => (
                <li key={`${one.kind} ${"id" in one ? one.id : "name" in one ? one.name : ""}`}>
                  <TriangleAlert aria-hidden size={18} />
                  <Sentence of={one} />
                </li>
              ))}
              {found.length > SHOWN && (
                <li className="hint">{t.moreConcerns(format.number(found.length - SHOWN))}</li>
              )}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Sentence({ of }: { of: Concern }) {
  const t = useText(dashboardText);
  const states = useText(stateText);
  const format = useFormat();
  switch (of.kind) {
    case "disconnected":
      return <To to={`/clusters/${of.id}`} text={t.disconnected(of.name, format.ago(of.since))} />;
    case "neverConnected":
      return <To to={`/clusters/${of.id}`} text={t.neverConnected(of.name)} />;
    case "pending":
      return <To to={`/clusters/${of.id}`} text={t.pending(of.name)} />;
    case "duplicate":
      return <To to={`/clusters/${of.id}`} text={t.duplicate(of.name, format.ago(of.at))} />;
    case "otherVersion":
      return (
        <To
          to={`/clusters/${of.id}`}
          text={t.otherVersion(of.name, states[of.status as keyof typeof states])}
        />
      );
    case "halted":
      return (
        <Link to={"/history" as never} search={{ tab: "rollouts", open: String(of.id) } as never}>
          {t.halted(format.number(of.revision))}
        </Link>
      );
    case "noClusters":
      return <To to="/clusters" text={t.noClusters} />;
    case "scanFailed":
      return (
        <To
          to={`/registries/${encodeURIComponent(of.name)}`}
          text={t.scanFailed(of.name, of.count)}
        />
      );
    case "registryFailed":
      return (
        <To to={`/registries/${encodeURIComponent(of.name)}`} text={t.registryFailed(of.name)} />
      );
    case "oldData":
      return <To to="/system" text={t.oldData(format.ago(of.at))} />;
    case "noData":
      return <To to="/system" text={t.noData} />;
  }
}

function To({ to, text }: { to: string; text: string }) {
  return <Link to={to as never}>{text}</Link>;
}
