import { useState } from "react";

import { useText } from "../../text/language";
import { type Column, DataTable } from "../../ui/DataTable";
import { Severity } from "../../ui/Severity";
import { State } from "../../ui/State";
import type { Report } from "./ImageDetail";
import {
  differ,
  findingKey,
  type Module,
  selectVulnerabilities,
  type Vulnerability,
} from "./selection";
import { imagesText } from "./text";

/** A vulnerability counts as the same in another version of its package. */
function vulnerabilityKey(one: Vulnerability): string {
  return `${one.name} ${one.package_name}`;
}

interface Changed {
  name: string;
  here: string;
  there: string;
}

/** Packages that one image lacks or has in another version. */
function changedPackages(left: Module[], right: Module[]): Changed[] {
  const versions = (all: Module[], name: string) =>
    [...new Set(all.filter((one) => one.name === name).map((one) => one.version ?? ""))].join(", ");
  const { onlyLeft, onlyRight } = differ(left, right, (one) => `${one.name} ${one.version}`);
  const names = new Set([...onlyLeft, ...onlyRight].map((one) => one.name ?? ""));
  return [...names]
    .sort()
    .map((name) => ({ name, here: versions(left, name), there: versions(right, name) }));
}

export function Differences({ left, right }: { left: Report; right: Report }) {
  const t = useText(imagesText);
  const found = differ(left.vulnerabilities ?? [], right.vulnerabilities ?? [], vulnerabilityKey);
  const gain = found.onlyLeft.length - found.onlyRight.length;
  const columns: Column<Changed>[] = [
    { id: "name", title: t.package, width: "1.4fr", cell: (one) => one.name },
    { id: "here", title: t.here, cell: (one) => one.here || "–" },
    { id: "there", title: t.there, cell: (one) => one.there || "–" },
  ];
  return (
    <>
      <p>
        {found.onlyLeft.length + found.onlyRight.length === 0 ? (
          <State tone="quiet">{t.same}</State>
        ) : (
          <State tone={gain >= 0 ? "good" : "bad"}>
            {gain >= 0 ? t.better(gain) : t.worse(-gain)}
          </State>
        )}
      </p>
      <Found title={t.onlyLeft(found.onlyLeft.length)} all={found.onlyLeft} open />
      <Found title={t.onlyRight(found.onlyRight.length)} all={found.onlyRight} open />
      <Found title={t.both(found.both.length)} all={found.both} />
      <h2>{t.changedPackages}</h2>
      <DataTable
        label={t.changedPackages}
        columns={columns}
        rows={changedPackages(left.modules ?? [], right.modules ?? [])}
        rowKey={(one) => one.name}
      />
    </>
  );
}

interface FoundProps {
  title: string;
  all: Vulnerability[];
  open?: boolean;
}

/** Vulnerabilities of one side, unfolded where one looks first. */
function Found({ title, all, open = false }: FoundProps) {
  const t = useText(imagesText);
  const [unfolded, setUnfolded] = useState(open);
  const columns: Column<Vulnerability>[] = [
    { id: "name", title: t.vulnerability, cell: (one) => one.name },
    { id: "severity", title: t.severity, cell: (one) => <Severity of={one.severity} /> },
    { id: "package", title: t.package, width: "1.4fr", cell: (one) => one.package_name },
    { id: "installed", title: t.installed, cell: (one) => one.package_version },
    { id: "fixed", title: t.fixed, cell: (one) => one.fixed_version || t.noFix },
  ];
  return (
    <details open={unfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
      <summary>{title}</summary>
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
