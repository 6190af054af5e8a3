import { Link } from "@tanstack/react-router";
import { Package } from "lucide-react";
import type { ReactNode } from "react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { listQuery, useScope, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { useOutcomeText } from "../../text/outcomes";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { SeverityCounts, useSeverityName } from "../../ui/Severity";
import { State, type Tone } from "../../ui/State";
import { reasonOf } from "./selection";
import { imagesText } from "./text";

type Image = Schema<"RegistryImageSummary">;

const STATES = ["scheduled", "scanning", "finished", "failed"] as const;
const TONES: Record<string, Tone> = {
  finished: "good",
  scheduled: "busy",
  scanning: "busy",
  failed: "bad",
};

/** Which images have a finding of such a severity. */
const GRAVE: Record<string, Record<string, string>> = {
  Critical: { f_critical: "gt,0" },
  High: { f_high: "gt,0" },
  Medium: { f_medium: "gt,0" },
};

/** The images of a registry, worst or newest first as one likes. */
export function ImageList({ registry, beside }: { registry: string; beside?: ReactNode }) {
  const t = useText(imagesText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const outcome = useOutcomeText();
  const severity = useSeverityName();
  const cluster = useScope();
  const [url] = useUrl();
  const query = usePages("/v1/scan/registry/{name}/images", (answer) => answer.images, {
    path: { name: registry },
    cluster,
    query: {
      ...listQuery(url, "repository", { status: "status" }),
      ...(url.severity && GRAVE[url.severity]),
    },
    every: 5_000,
  });
  const columns: Column<Image>[] = [
    {
      id: "image",
      title: t.image,
      sort: "repository",
      width: "2fr",
      cell: (image) => (
        <>
          {image.image_id ? (
            <Link
              to={"/images/$registry/$id" as never}
              params={{ registry, id: image.image_id } as never}
            >
              {image.repository}:{image.tag}
            </Link>
          ) : (
            // Of one that was never scanned there is no page.
            `${image.repository}:${image.tag}`
          )}
          <span className="sub mono">{image.digest?.slice(0, 19)}</span>
        </>
      ),
    },
    {
      id: "findings",
      title: t.findings,
      sort: "critical",
      width: "1.2fr",
      cell: (image) => (
        <SeverityCounts critical={image.critical} high={image.high} medium={image.medium} />
      ),
    },
    { id: "os", title: t.os, sort: "base_os", cell: (image) => image.base_os || "–" },
    {
      id: "size",
      title: t.size,
      sort: "size",
      width: "0.7fr",
      cell: (image) => (image.size ? format.bytes(image.size) : "–"),
    },
    {
      id: "scanned",
      title: t.scanned,
      sort: "scanned_timestamp",
      cell: (image) => (image.scanned_at ? <Ago at={image.scanned_at} /> : w.never),
    },
    {
      id: "state",
      title: w.state,
      sort: "status",
      cell: (image) => (
        <>
          <State tone={TONES[image.status ?? ""] ?? "quiet"}>
            {t.scanStates[(image.status || "idle") as keyof typeof t.scanStates] ?? image.status}
          </State>
          {reasonOf(image) && <span className="sub">{outcome(reasonOf(image))}</span>}
        </>
      ),
    },
  ];
  return (
    <div>
      <div className="toolbar">
        <FilterText label={t.image} />
        <Facet
          of="severity"
          label={t.findings}
          options={Object.keys(GRAVE).map((one) => [one, severity(one)])}
        />
        <Facet
          of="status"
          label={w.state}
          options={STATES.map((one) => [one, t.scanStates[one]])}
        />
        {beside}
      </div>
      <Listing
        query={query}
        what={names.images}
        columns={columns}
        rowKey={(image) => `${image.repository}:${image.tag}`}
        filters={["q", "severity", "status"]}
        empty={
          <Sign icon={<Package aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
    </div>
  );
}
