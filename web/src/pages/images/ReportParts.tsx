import { BadgeCheck, CircleCheck, KeyRound, ShieldOff } from "lucide-react";

import type { Schema } from "../../api/client";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { type Column, DataTable } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { Card, Facts } from "../../ui/Page";
import { useCheckText } from "../compliance/checkText";
import type { Report } from "./ImageDetail";
import { useSecretAdvice } from "./secretAdvice";
import { imagesText } from "./text";

type Secret = Schema<"ScanSecret">;
type Permission = Schema<"ScanSetIdPerm">;
type Check = Schema<"ImageCheck">;

/** Secrets that lie in the image; the evidence comes cloaked. */
export function Secrets({ all }: { all: Secret[] }) {
  const t = useText(imagesText);
  const advice = useSecretAdvice();
  if (all.length === 0)
    return <Sign icon={<KeyRound aria-hidden />} title={t.noSecrets} role="status" />;
  const columns: Column<Secret>[] = [
    { id: "type", title: t.secret, cell: (one) => one.type },
    { id: "path", title: t.path, width: "1.6fr", cell: (one) => <code>{one.path}</code> },
    {
      id: "evidence",
      title: t.evidence,
      width: "1.4fr",
      cell: (one) => <code>{one.evidence}</code>,
    },
    { id: "suggestion", title: t.suggestion, width: "1.6fr", cell: advice },
  ];
  return (
    <DataTable
      label={t.tabs.secrets}
      columns={columns}
      rows={all}
      rowKey={(one) => `${one.path} ${one.type} ${one.evidence}`}
    />
  );
}

/** Files that run with the rights of their owner or group. */
export function SetId({ all }: { all: Permission[] }) {
  const t = useText(imagesText);
  if (all.length === 0)
    return <Sign icon={<ShieldOff aria-hidden />} title={t.noSetuid} role="status" />;
  const columns: Column<Permission>[] = [
    { id: "path", title: t.path, width: "2fr", cell: (one) => <code>{one.path}</code> },
    { id: "type", title: t.check, cell: (one) => one.type },
    { id: "evidence", title: t.evidence, cell: (one) => <code>{one.evidence}</code> },
  ];
  return (
    <DataTable
      label={t.tabs.setuid}
      columns={columns}
      rows={all}
      rowKey={(one) => `${one.path} ${one.type}`}
    />
  );
}

/** How the image was made, against good practice. */
export function Checks({ all }: { all: Check[] }) {
  const t = useText(imagesText);
  const said = useCheckText();
  if (all.length === 0)
    return <Sign icon={<CircleCheck aria-hidden />} title={t.noChecks} role="status" />;
  const rows = all.map((check, at) => ({ ...check, key: `${check.test_number} ${at}` }));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      id: "check",
      title: t.check,
      width: "2fr",
      cell: (one) => (
        <>
          {one.test_number} {said(one).description}
          {one.message && one.message.length > 0 && (
            <span className="sub">{one.message.join(", ")}</span>
          )}
        </>
      ),
    },
    { id: "level", title: t.severity, width: "0.6fr", cell: (one) => one.level },
    {
      id: "remediation",
      title: t.remediation,
      width: "1.6fr",
      cell: (one) => said(one).remediation,
    },
  ];
  return (
    <DataTable label={t.tabs.checks} columns={columns} rows={rows} rowKey={(one) => one.key} />
  );
}

/** Whose signatures the image carries. */
export function Signatures({ of }: { of: Schema<"ScanSignatureInfo"> | undefined }) {
  const t = useText(imagesText);
  const format = useFormat();
  const verifiers = of?.verifiers ?? [];
  if (verifiers.length === 0) {
    return <Sign icon={<BadgeCheck aria-hidden />} title={t.unsigned} role="status" />;
  }
  const at = of?.verification_timestamp;
  return (
    <Facts
      of={[
        [
          t.signedBy,
          verifiers.map((name) => (
            <span key={name} className="tag">
              {name}
            </span>
          )),
        ],
        [t.verified, at ? format.moment(at) : "–"],
      ]}
    />
  );
}

/** What the image sets for those who run it. */
export function Configuration({ report }: { report: Report }) {
  const t = useText(imagesText);
  const lines = (all: string[]) =>
    all.length === 0 ? <p className="hint">–</p> : <pre className="raw">{all.join("\n")}</pre>;
  return (
    <div className="stack">
      <Card title={t.environment}>{lines(report.envs ?? [])}</Card>
      <Card title={t.labels}>
        {lines(Object.entries(report.labels ?? {}).map(([name, value]) => `${name}=${value}`))}
      </Card>
      <Card title={t.history}>{lines(report.cmds ?? [])}</Card>
    </div>
  );
}
