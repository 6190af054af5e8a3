import { useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, Play, Square, Trash2 } from "lucide-react";

import { post, remove } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useScope, useUrl } from "../../routing/search";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { useOutcomeText } from "../../text/outcomes";
import { words } from "../../text/words";
import { Ago } from "../../ui/Ago";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Refusal } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts, Page } from "../../ui/Page";
import { ImageList } from "../images/ImageList";
import { Progress } from "./Progress";
import type { Registry } from "./Registries";
import { RegistryDialog } from "./RegistryDialog";
import { registriesText } from "./text";

export function RegistryDetail() {
  const { name } = useParams({ strict: false }) as { name: string };
  const names = useText(pageNames);
  const cluster = useScope();
  const query = useGet("/v1/scan/registry/{name}", { path: { name }, cluster, every: 2_000 });
  return (
    <Loaded query={query} what={names.registries}>
      {({ summary }) => <Detail registry={summary} name={name} />}
    </Loaded>
  );
}

function Detail({ registry, name }: { registry: Registry; name: string }) {
  const t = useText(registriesText);
  const w = useText(words);
  const names = useText(pageNames);
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const navigate = useNavigate();
  const [url, setUrl] = useUrl();
  const outcome = useOutcomeText();
  const path = { name };
  const scan = useChange(() => post("/v1/scan/registry/{name}/scan", undefined, { path }), {
    done: t.started,
  });
  const stop = useChange(() => remove("/v1/scan/registry/{name}/scan", { path }), {
    done: t.stopped,
  });
  const drop = useChange(() => remove("/v1/scan/registry/{name}", { path }), {
    done: t.removed(name),
    onDone: () => void navigate({ to: "/registries" as never }),
  });
  const ofCluster = useScope() !== undefined;
  const writable = governs && !ofCluster;
  const busy = (registry.scheduled ?? 0) + (registry.scanning ?? 0) > 0;
  return (
    <Page
      title={name}
      parent={{ to: "/registries", text: names.registries }}
      actions={
        writable && (
          <>
            <button type="button" onClick={() => setUrl({ open: "edit" }, { push: true })}>
              <Pencil aria-hidden size={16} /> {w.edit}
            </button>
            <button type="button" onClick={() => setUrl({ open: "remove" })}>
              <Trash2 aria-hidden size={16} /> {w.remove}
            </button>
            {busy ? (
              <button type="button" onClick={() => stop.mutate()}>
                <Square aria-hidden size={16} /> {t.stop}
              </button>
            ) : (
              <button type="button" className="primary" onClick={() => scan.mutate()}>
                <Play aria-hidden size={16} /> {t.scan}
              </button>
            )}
          </>
        )
      }
    >
      <div className="stack">
        <Refusal error={scan.error ?? stop.error} />
        <Card title={w.state}>
          <Progress of={registry} />
          <Facts
            of={[
              [t.kind, registry.registry_type],
              [t.address, registry.registry],
              [t.filters, (registry.filters ?? []).join(", ")],
              [
                t.schedule,
                t.schedules[registry.schedule?.schedule as keyof typeof t.schedules] ??
                  registry.schedule?.schedule,
              ],
              [
                t.lastScan,
                registry.started_at ? <Ago key="a" at={registry.started_at} /> : w.never,
              ],
              [t.data, registry.cvedb_version || "–"],
            ]}
          />
          {registry.error_message && (
            <Refusal
              error={
                new Error(
                  outcome(
                    [registry.error_message, registry.error_detail].filter(Boolean).join(": "),
                  ),
                )
              }
            />
          )}
        </Card>
        <h2>{t.images}</h2>
        <ImageList registry={name} />
      </div>
      {url.open === "edit" && writable && (
        <RegistryDialog registry={registry} onClose={() => setUrl({ open: "" })} />
      )}
      {url.open === "remove" && writable && (
        <ConfirmByName
          title={t.remove}
          name={name}
          action={w.remove}
          busy={drop.isPending}
          error={drop.error}
          onConfirm={() => drop.mutate()}
          onClose={() => setUrl({ open: "" })}
        >
          <p>{t.removeText}</p>
        </ConfirmByName>
      )}
    </Page>
  );
}
