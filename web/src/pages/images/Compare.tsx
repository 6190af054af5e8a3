import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useState } from "react";

import { get, type Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useScope, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Picker } from "../../ui/Picker";
import { useSettled } from "../../ui/useSettled";
import { questionsFor } from "./asked";
import { Differences } from "./Differences";
import type { Report } from "./ImageDetail";
import { imagesText } from "./text";
import "./images.css";

/** Images of each registry that are offered: others are found by typing. */
const OFFERED = 100;

/** `registry id` of both sides stand in the URL. */
function parse(text: string | undefined): { registry: string; id: string } | undefined {
  const at = text?.lastIndexOf(" ") ?? -1;
  if (!text || at < 1) return undefined;
  return { registry: text.slice(0, at), id: text.slice(at + 1) };
}

const IMAGES = "/v1/scan/registry/{name}/images";

/** The images of all registries that have what is typed in their names, or in the registry's. */
function useChoices(typed: string) {
  const cluster = useScope();
  const wanted = typed.trim();
  const text = useSettled(wanted);
  const registries = useGet("/v1/scan/registry", { cluster });
  const lists = useQueries({
    queries: (registries.data?.summarys ?? []).map(({ name = "" }) => ({
      queryKey: ["images to choose", name, cluster, text],
      queryFn: async () => {
        const answers = await Promise.all(
          questionsFor(name, text).map((asked) =>
            get(IMAGES, { path: { name }, query: { ...asked, limit: OFFERED }, cluster }),
          ),
        );
        // Of one that was never scanned there is nothing to compare.
        const known = answers.flatMap(({ images }) => images).filter((image) => image.image_id);
        const choices = known.map((image) => ({
          id: `${name} ${image.image_id}`,
          text: nameOf(image, name),
        }));
        return [...new Map(choices.map((one) => [one.text, one])).values()];
      },
      placeholderData: keepPreviousData,
    })),
  });
  const stale = lists.some((list) => list.isLoading || list.isPlaceholderData);
  return {
    choices: lists.flatMap((list) => list.data ?? []),
    searching: registries.isLoading || stale || text !== wanted,
  };
}

function nameOf({ repository, tag }: Schema<"RegistryImageSummary">, registry: string): string {
  return `${repository}:${tag} (${registry})`;
}

/** How a side is called that was chosen. */
function useChosen(of: string | undefined): string | undefined {
  const { registry: name = "", id = "" } = parse(of) ?? {};
  const { data } = useGet(IMAGES, {
    path: { name },
    query: { f_image_id: id, limit: 1 },
    cluster: useScope(),
    enabled: of !== undefined,
  });
  const image = data?.images[0];
  return image ? nameOf(image, name) : of && id.slice(0, 12);
}

function useReport(of: string | undefined) {
  const { registry: name = "", id = "" } = parse(of) ?? {};
  return useGet("/v1/scan/registry/{name}/image/{id}", {
    path: { name, id },
    cluster: useScope(),
    enabled: of !== undefined,
  });
}

/** What one image has that another has not. */
export function Compare() {
  const t = useText(imagesText);
  const names = useText(pageNames);
  const [url] = useUrl();
  const left = useReport(url.left);
  const right = useReport(url.right);
  const ready = url.left && url.right;
  return (
    <Page title={t.compareTitle} parent={{ to: "/images", text: names.images }}>
      <div className="stack">
        <div className="versus">
          <Side side="left" label={t.left} />
          <Side side="right" label={t.right} />
        </div>
        {ready && (
          <Loaded query={left} what={t.left}>
            {(a) => (
              <Loaded query={right} what={t.right}>
                {(b) => <Differences left={a.report as Report} right={b.report as Report} />}
              </Loaded>
            )}
          </Loaded>
        )}
      </div>
    </Page>
  );
}

function Side({ side, label }: { side: "left" | "right"; label: string }) {
  const t = useText(imagesText);
  const [url, setUrl] = useUrl();
  const [open, setOpen] = useState(false);
  const chosen = useChosen(url[side]);
  return (
    <div className="field">
      <span className="label">{label}</span>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={`${label}: ${chosen ?? t.choose}`}
        onClick={() => setOpen(true)}
      >
        {chosen ?? t.choose}
      </button>
      {open && (
        <ImageChoice
          onClose={() => setOpen(false)}
          onPick={(id) => {
            setOpen(false);
            setUrl({ [side]: id });
          }}
        />
      )}
    </div>
  );
}

function ImageChoice({ onPick, onClose }: { onPick: (id: string) => void; onClose: () => void }) {
  const t = useText(imagesText);
  const [typed, setTyped] = useState("");
  const { choices, searching } = useChoices(typed);
  return (
    <Dialog title={t.choose} onClose={onClose}>
      <Picker
        label={t.choose}
        hint={t.chooseHint}
        none={t.none}
        choices={choices}
        loading={searching}
        patient
        onType={setTyped}
        onPick={onPick}
      />
    </Dialog>
  );
}
