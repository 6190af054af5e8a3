import { ListOrdered, Settings2 } from "lucide-react";
import { get, type Schema } from "../../api/client";
import { useGet, usePages } from "../../api/query";
import { useOpened } from "../../routing/opened";
import { useUrl } from "../../routing/search";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { Listing } from "../../ui/Listing";
import { Loaded } from "../../ui/Loaded";
import { Opener } from "../../ui/Opener";
import { Card } from "../../ui/Page";
import { State, type Tone } from "../../ui/State";
import { useKindName } from "../history/kinds";
import { PolicyDialog } from "./PolicyDialog";
import { RolloutPanel } from "./RolloutPanel";
import { Stages } from "./Stages";
import { rolloutsText } from "./text";

export type Rollout = Schema<"Rollout">;

/** What the URL opens that is no rollout: the form of the stages. */
const STAGES = "stages";

/** The stream tells of changes; this is how soon they show without it. */
const EVERY_MS = 3_000;
/** Each tells of all its clusters. */
const PAGE = 20;
/** Objects that a row names. */
const NAMED = 3;

const TONES: Record<string, Tone> = {
  running: "busy",
  paused: "bad",
  halted: "bad",
  completed: "good",
  aborted: "quiet",
};

/** Changes on their way through the clusters, and which way the next one goes. */
export function Rollouts() {
  const t = useText(rolloutsText);
  const w = useText(words);
  const format = useFormat();
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const [url, setUrl] = useUrl();
  const close = () => setUrl({ open: "" });
  const policy = useGet("/v1/fed/rollout_policy");
  const query = usePages("/v1/fed/rollout", (answer) => answer.rollouts, {
    query: { state: url.status },
    limit: PAGE,
    every: EVERY_MS,
  });
  const opened = useOpened({
    path: "/v1/fed/rollout",
    rows: query.rows,
    keyOf: (one) => String(one.id),
    read: async (id) => (await get("/v1/fed/rollout/{id}", { path: { id } })).rollout,
    form: STAGES,
  });
  const columns: Column<Rollout>[] = [
    {
      id: "revision",
      title: t.revision,
      width: "0.6fr",
      cell: (one) => <Opener open={String(one.id)}>{format.number(one.revision)}</Opener>,
    },
    { id: "what", title: t.what, width: "2.4fr", cell: (one) => <What of={one} /> },
    { id: "state", title: t.state, cell: (one) => <RolloutState of={one} /> },
    {
      id: "stage",
      title: t.policy,
      width: "0.7fr",
      cell: (one) => t.of(format.number(one.stage), format.number(one.policy.stages?.length ?? 0)),
    },
    {
      id: "who",
      title: t.who,
      cell: (one) => (
        <>
          {one.actor}
          <span className="sub">
            <Ago at={one.created_at} />
          </span>
        </>
      ),
    },
  ];
  return (
    <div className="stack">
      <p className="hint">{t.lead}</p>
      <Loaded query={policy} what={t.policy}>
        {({ policy: present }) => (
          <Card title={present.enable ? t.staged : t.atOnce}>
            {present.enable && <Stages of={present.stages ?? []} />}
            {governs && (
              <button type="button" onClick={() => setUrl({ open: STAGES }, { push: true })}>
                <Settings2 aria-hidden size={16} /> {t.editPolicy}
              </button>
            )}
            {governs && url.open === STAGES && <PolicyDialog of={present} onClose={close} />}
          </Card>
        )}
      </Loaded>
      <div className="toolbar">
        <Facet of="status" label={w.state} options={Object.entries(t.states)} />
      </div>
      <Listing
        query={query}
        what={t.title}
        columns={columns}
        rowKey={(one) => String(one.id)}
        current={(one) => String(one.id) === url.open}
        filters={["status"]}
        empty={
          <Sign icon={<ListOrdered aria-hidden />} title={t.none} hint={t.noneHint} role="status" />
        }
      />
      {opened && <RolloutPanel of={opened} onClose={close} />}
    </div>
  );
}

/** How a rollout is, in words. */
export function RolloutState({ of }: { of: Rollout }) {
  const t = useText(rolloutsText);
  return <State tone={TONES[of.state] ?? "quiet"}>{t.states[of.state] ?? of.state}</State>;
}

function What({ of }: { of: Rollout }) {
  const t = useText(rolloutsText);
  const kindName = useKindName();
  const shown = of.objects.slice(0, NAMED);
  const rest = of.objects.length - shown.length;
  return (
    <>
      {shown
        .map((one) => `${kindName(one.kind)} ${one.name}${one.deleted ? ` (${t.deleted})` : ""}`)
        .join(", ")}
      {rest > 0 && <span className="sub">{t.more(rest)}</span>}
    </>
  );
}
