import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { type Column, DataTable } from "../../ui/DataTable";
import { Card } from "../../ui/Page";
import { Severity } from "../../ui/Severity";
import { State } from "../../ui/State";
import { useCheckText } from "../compliance/checkText";
import {
  type LineChanges,
  lineChanges,
  type PackageChange,
  packageChanges,
  type VulnerabilityChange,
  vulnerabilityChanges,
} from "./differences";
import type { Report } from "./ImageDetail";
import { findingKey, selectVulnerabilities } from "./selection";
import { imagesText } from "./text";

/** What became of one image in another. */
export function Differences({ left, right }: { left: Report; right: Report }) {
  const t = useText(imagesText);
  const format = useFormat();
  const { gone, added, both } = vulnerabilityChanges(left, right);
  const packages = packageChanges(left.modules ?? [], right.modules ?? []);
  const said = useCheckText();
  const lines = lineChanges(left, right, (check) => said(check).description);
  return (
    <>
      <p role="status">
        <State tone={added.length > 0 ? "bad" : gone.length > 0 ? "good" : "quiet"}>
          {gone.length + added.length === 0
            ? t.same
            : t.changes(format.number(gone.length), format.number(added.length))}
        </State>
      </p>
      <Found title={t.gone(format.number(gone.length))} elsewhere={t.after} all={gone} open />
      <Found title={t.added(format.number(added.length))} elsewhere={t.before} all={added} open />
      <Found title={t.both(format.number(both.length))} elsewhere={t.after} all={both} />
      <h2>{t.changedPackages}</h2>
      {packages.length === 0 ? <p className="hint">{t.noneDiffer}</p> : <Packages all={packages} />}
      {lines.map((one) => (
        <Lines key={one.part} of={one} />
      ))}
    </>
  );
}

interface FoundProps {
  title: string;
  /** Which of the images the other one is. */
  elsewhere: string;
  all: VulnerabilityChange[];
  open?: boolean;
}

/** Vulnerabilities with one fate, unfolded where one looks first. */
function Found({ title, elsewhere, all, open = false }: FoundProps) {
  const t = useText(imagesText);
  const w = useText(words);
  const [unfolded, setUnfolded] = useState(open && all.length > 0);
  const columns: Column<VulnerabilityChange>[] = [
    {
      id: "name",
      title: t.vulnerability,
      cell: (one) => (
        <Link to={"/vulnerabilities" as never} search={{ open: one.name } as never}>
          {one.name}
        </Link>
      ),
    },
    {
      id: "severity",
      title: t.severity,
      width: "0.8fr",
      cell: (one) => <Severity of={one.severity} />,
    },
    { id: "package", title: t.package, width: "1.2fr", cell: (one) => one.package_name },
    { id: "installed", title: t.installed, cell: (one) => one.package_version },
    {
      id: "elsewhere",
      title: elsewhere,
      width: "1.2fr",
      cell: (one) => one.elsewhere || t.lacking,
    },
    { id: "fixed", title: t.fixed, width: "1.2fr", cell: (one) => one.fixed_version || t.noFix },
  ];
  return (
    <details open={unfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
      <summary>{title}</summary>
      {unfolded && all.length === 0 && <p className="hint">{w.none}</p>}
      {unfolded && all.length > 0 && (
        <DataTable
          label={title}
          columns={columns}
          rows={selectVulnerabilities([...all], {})}
          rowKey={findingKey}
        />
      )}
    </details>
  );
}

function Packages({ all }: { all: PackageChange[] }) {
  const t = useText(imagesText);
  const w = useText(words);
  const columns: Column<PackageChange>[] = [
    { id: "name", title: t.package, width: "1.4fr", cell: (one) => one.name },
    {
      id: "change",
      title: w.change,
      width: "0.8fr",
      cell: (one) => (one.before ? (one.after ? t.altered : t.taken) : t.put),
    },
    { id: "before", title: t.before, cell: (one) => one.before || "–" },
    { id: "after", title: t.after, cell: (one) => one.after || "–" },
  ];
  return (
    <DataTable label={t.changedPackages} columns={columns} rows={all} rowKey={(one) => one.name} />
  );
}

/** Lines that are gone and lines that are new. */
function Lines({ of }: { of: LineChanges }) {
  const t = useText(imagesText);
  return (
    <Card title={t.parts[of.part]}>
      <ul className="line-changes">
        {of.gone.map((line) => (
          <li key={line} className="gone">
            <span className="hidden">{t.taken}: </span>
            <code>{line}</code>
          </li>
        ))}
        {of.added.map((line) => (
          <li key={line} className="added">
            <span className="hidden">{t.put}: </span>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </Card>
  );
}
