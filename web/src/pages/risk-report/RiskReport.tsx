import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, FileText, RefreshCw } from "lucide-react";

import { fileOf, type PathOf, type Query, send } from "../../api/client";
import { useChange } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { fetchNow } from "../../routing/fetching";
import { type Fleet, type SearchKey, useFleet, useUrl } from "../../routing/search";
import { reachOf, useAllowed, useMay } from "../../session/permissions";
import { dayOf } from "../../text/day";
import { useLanguage, useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Facts, Page } from "../../ui/Page";
import { saveAs } from "../../ui/saveAs";
import { RuleLink } from "../admission/RuleLink";
import { ClusterLink } from "../clusters/ClusterLink";
import { useMayRead, useMember } from "../clusters/members";
import { ImageLink } from "../images/ImageLink";
import { compose, type Named, type Part, type PartId } from "./compose";
import { toCsv } from "./csv";
import { questions, type RiskData, readRisk } from "./data";
import { riskReportText } from "./text";
import "./risk-report.css";

/** Where the fleet stands at one moment, to be read, kept and handed on. */
export function RiskReport() {
  const t = useText(riskReportText);
  const names = useText(pageNames);
  const may = useMay();
  const forAll = useAllowed((self) => reachOf(self) === "all");
  const language = useLanguage();
  const fleet = useFleet();
  const { cluster, cluster_selector: selector } = fleet;
  const [url, setUrl] = useUrl();
  const days = url.days && url.days in t.periods ? url.days : "30";
  const query = useQuery({
    queryKey: ["risk report", cluster, selector, days],
    queryFn: () => readRisk({ fleet, days: Number(days) }, (id) => may(id, "read"), forAll),
    // It is of one moment until somebody wants another.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const name = useMember(cluster).member?.name;
  const about = { cluster: cluster ? (name ?? cluster) : selector, days: Number(days) };
  const made = useChange(async (data: RiskData) => {
    const { toPdf } = await fetchNow(() => import("./pdf"));
    const day = dayOf(data.at / 1_000);
    saveAs(`risk-report-${day}.pdf`, toPdf(compose(data, about, language), language));
  });
  return (
    <Page
      title={names.riskReport}
      lead={t.lead}
      actions={
        <>
          <button type="button" disabled={query.isFetching} onClick={() => void query.refetch()}>
            <RefreshCw aria-hidden size={16} /> {t.renew}
          </button>
          <button
            type="button"
            className="primary"
            disabled={!query.data || made.isPending}
            onClick={() => query.data && made.mutate(query.data)}
          >
            <FileText aria-hidden size={16} /> {made.isPending ? t.making : t.pdf}
          </button>
        </>
      }
    >
      <div className="toolbar">
        <label className="facet">
          <span>{t.period}</span>
          <select value={days} onChange={(event) => setUrl({ days: event.target.value })}>
            {Object.entries(t.periods).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Refusal error={made.error} />
      <Loaded query={query} what={names.riskReport} lines={14}>
        {(data) => <Report data={data} about={about} fleet={fleet} />}
      </Loaded>
    </Page>
  );
}

interface ReportProps {
  data: RiskData;
  about: { cluster: string | undefined; days: number };
  fleet: Fleet;
}

function Report({ data, about, fleet }: ReportProps) {
  const report = compose(data, about, useLanguage());
  const asked = questions({ fleet, days: about.days }, data.at);
  const lists: Partial<Record<PartId, [PathOf<"get">, Query]>> = {
    clusters: ["/v1/fed/summary", asked.clusters],
    exploited: ["/v1/fed/vulnerabilities", asked.exploited],
    likely: ["/v1/fed/vulnerabilities", asked.likely],
    denials: ["/v1/fed/denials", asked.denials],
  };
  return (
    <article className="stack risk-report">
      <p className="hint">{report.subtitle}</p>
      <Facts of={report.facts} />
      {report.parts.map((part) => (
        <section key={part.id} className="card" aria-label={part.title}>
          <div className="card-head">
            <h2>{part.title}</h2>
            <Csv part={part} list={lists[part.id]} />
          </div>
          {part.rows.length > 0 && <Rows of={part} />}
          {part.note && <p className="hint">{part.note}</p>}
        </section>
      ))}
    </article>
  );
}

/** Where what a row begins with is shown, by the part. */
const PLACES: Partial<Record<PartId, [to: string, key: SearchKey]>> = {
  clusters: ["/clusters", "q"],
  exploited: ["/vulnerabilities", "open"],
  likely: ["/vulnerabilities", "open"],
  accepted: ["/accepted", "q"],
};

/** Counts, scores and shares: they stand below each other by their digits. */
const NUMBER = /^[\d.,%/ –]+$/;

/** The rows on a page to be printed: all of them, in a table of the plain kind. */
function Rows({ of: { id, title, columns, rows, named } }: { of: Part }) {
  const seesClusters = useMayRead();
  const [to, key] = (id !== "clusters" || seesClusters ? PLACES[id] : undefined) ?? [];
  const sides = columns.map((_, at) =>
    rows.every((cells) => NUMBER.test(cells[at] ?? "")) ? "end" : undefined,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard
    <div className="wide-table" role="group" aria-label={title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={column} scope="col" className={sides[at]}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of one moment keep their place
            <tr key={row}>
              {cells.map((cell, at) => (
                <td key={columns[at]} className={sides[at]}>
                  {at === 0 && to && key ? (
                    <Link className="one-line" to={to as never} search={{ [key]: cell } as never}>
                      {cell}
                    </Link>
                  ) : (
                    <Cell part={id} at={at} named={named?.[row]}>
                      {cell}
                    </Cell>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  part: PartId;
  /** Its place in the row. */
  at: number;
  named: Named | undefined;
  children: string;
}

/** What a cell says, as the way to that where its row names more. */
function Cell({ part, at, named, children }: CellProps) {
  if (part === "images" && at === 0) return <ImageLink id={named?.image}>{children}</ImageLink>;
  const { cluster, rule } = named ?? {};
  if (part !== "denials" || !cluster) return children;
  if (at === 1) return <ClusterLink id={cluster}>{children}</ClusterLink>;
  if (at !== 5 || !rule) return children;
  return (
    <RuleLink rule={rule} cluster={cluster}>
      {children}
    </RuleLink>
  );
}

/** The whole of a part as a file: streamed by the server, or what is at hand. */
function Csv({ part, list }: { part: Part; list: [PathOf<"get">, Query] | undefined }) {
  const t = useText(riskReportText);
  const exported = useChange(async () => {
    const file = list
      ? await fileOf(await send("get", list[0], { query: { ...list[1], format: "csv" } }))
      : new Blob([toCsv(part.columns, part.all ?? [])], { type: "text/csv" });
    saveAs(`${part.id}.csv`, file);
  });
  if (!list && !part.all?.length) return null;
  return (
    <>
      <button
        type="button"
        aria-label={t.csv(part.title)}
        disabled={exported.isPending}
        onClick={() => exported.mutate()}
      >
        <Download aria-hidden size={16} /> CSV
      </button>
      <Refusal error={exported.error} />
    </>
  );
}
