import { History as Clock } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { mayWriteObjects, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { WholePolicy } from "../../transfer/WholePolicy";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { Rollouts } from "../rollouts/Rollouts";
import { rolloutsText } from "../rollouts/text";
import { kindText, useKindName } from "./kinds";
import { RevisionPanel } from "./RevisionPanel";
import { historyText } from "./text";

const EVERY_MS = 5_000;

type Revision = Schema<"HistoryRevision">;

/** What became of federated objects, and what is on its way. */
export function History() {
  const t = useText(historyText);
  const r = useText(rolloutsText);
  const names = useText(pageNames);
  const writable = useAllowed((self) => mayWriteObjects(self, "federation"));
  const tabs: [string, string][] = [
    ["changes", t.changes],
    ["rollouts", r.title],
  ];
  const tab = useTab(tabs);
  return (
    <Page title={names.history} lead={t.lead} actions={<WholePolicy writable={writable} />}>
      <Tabs label={names.history} tabs={tabs} />
      {tab === "rollouts" ? <Rollouts /> : <Changes />}
    </Page>
  );
}

/** What was changed, and the way back. */
function Changes() {
  const t = useText(historyText);
  const names = useText(pageNames);
  const format = useFormat();
  const [url, setUrl] = useUrl();
  const kinds = useText(kindText);
  const w = useText(words);
  const query = usePages("/v1/fed/history", (answer) => answer.revisions, {
    query: { text: url.q, kind: url.type },
    every: EVERY_MS,
    onward: "before",
  });
  const columns: Column<Revision>[] = [
    {
      id: "revision",
      title: t.revision,
      width: "0.6fr",
      cell: (one) => <Opener open={`${one.revision}`}>{format.number(one.revision)}</Opener>,
    },
    {
      id: "time",
      title: t.time,
      width: "1.2fr",
      cell: (one) => (
        <>
          <Ago at={one.at} />
          <span className="sub">{format.moment(one.at)}</span>
        </>
      ),
    },
    {
      id: "who",
      title: t.who,
      cell: (one) => (
        <>
          {one.actor}
          {one.source && <span className="sub">{one.source}</span>}
        </>
      ),
    },
    { id: "what", title: t.what, width: "3fr", cell: (one) => <What of={one} /> },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.find} />
        <Facet of="type" label={w.type} options={Object.entries(kinds)} />
      </div>
      <Listing
        filters={["q", "type"]}
        query={query}
        what={names.history}
        columns={columns}
        rowKey={(one) => `${one.revision}`}
        current={(one) => url.open === `${one.revision}`}
        empty={<Sign icon={<Clock aria-hidden />} title={t.none} role="status" />}
      />
      {url.open && <RevisionPanel revision={url.open} onClose={() => setUrl({ open: "" })} />}
    </>
  );
}

function What({ of }: { of: Revision }) {
  const t = useText(historyText);
  const w = useText(words);
  const kindName = useKindName();
  const shown = of.changes.slice(0, 3);
  const rest = of.objects - shown.length;
  return (
    <>
      {shown
        .map(({ kind, name, action }) => `${kindName(kind)} ${name}${w.colon}${t.actions[action]}`)
        .join(", ")}
      {rest > 0 && <span className="sub">{t.more(rest)}</span>}
    </>
  );
}
