import { Link } from "@tanstack/react-router";
import { CircleCheck, TriangleAlert } from "lucide-react";

import { useGet } from "../../api/query";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Skeleton } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { useMayRead, useMembersInScope } from "../clusters/members";
import { type Concern, concerns } from "./attention";
import { dashboardText } from "./text";

const EVERY_MS = 10_000;
const SHOWN = 6;

export function Attention() {
  const t = useText(dashboardText);
  const format = useFormat();
  const may = useMay();
  const readable = {
    members: useMayRead(),
    scanners: may("nv_resource", "read"),
    registries: may("reg_scan", "read"),
  };
  const members = useMembersInScope();
  const scanners = useGet("/v1/scan/scanner", { enabled: readable.scanners, every: EVERY_MS }).data
    ?.scanners;
  const registries = useGet("/v1/scan/registry", {
    enabled: readable.registries,
    every: EVERY_MS,
  }).data?.summarys;
  const known =
    (members || !readable.members) &&
    (scanners || !readable.scanners) &&
    (registries || !readable.registries);
  const found = concerns({ members, scanners, registries }, Date.now());
  return (
    <Card title={t.attention}>
      {found.length === 0 && !known && <Skeleton lines={2} />}
      {found.length === 0 && known && (
        <p className="fine">
          <CircleCheck aria-hidden size={20} /> {t.fine}
        </p>
      )}
      {found.length > 0 && (
        <ul className="concerns">
          {found.slice(0, SHOWN).map((one) => (
            <li key={`${one.kind} ${"name" in one ? one.name : ""}`}>
              <TriangleAlert aria-hidden size={18} />
              <Sentence of={one} />
            </li>
          ))}
          {found.length > SHOWN && (
            <li className="hint">{t.moreConcerns(format.number(found.length - SHOWN))}</li>
          )}
        </ul>
      )}
    </Card>
  );
}

function Sentence({ of }: { of: Concern }) {
  const t = useText(dashboardText);
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
