import { useQueries } from "@tanstack/react-query";
import { useState } from "react";

import { get } from "../../api/client";
import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useScope, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Picker } from "../../ui/Picker";
import { Differences } from "./Differences";
import type { Report } from "./ImageDetail";
import { imagesText } from "./text";
import "./images.css";

/** Images that can be chosen of each registry. */
const CHOICES = 1_000;

/** `registry id` of both sides stand in the URL. */
function parse(text: string | undefined): { registry: string; id: string } | undefined {
  const at = text?.lastIndexOf(" ") ?? -1;
  if (!text || at < 1) return undefined;
  return { registry: text.slice(0, at), id: text.slice(at + 1) };
}

interface Choice {
  key: string;
  text: string;
}

function useChoices(): Choice[] {
  const cluster = useScope();
  const registries = useGet("/v1/scan/registry", { cluster }).data?.summarys ?? [];
  const lists = useQueries({
    queries: registries.map(({ name = "" }) => ({
      queryKey: ["images to choose", name, cluster],
      queryFn: async () => {
        const target = { path: { name }, query: { limit: CHOICES }, cluster };
        const answer = await get("/v1/scan/registry/{name}/images", target);
        return answer.images.map((image) => ({
          key: `${name} ${image.image_id}`,
          text: `${image.repository}:${image.tag} (${name})`,
        }));
      },
    })),
  });
  return lists.flatMap((list) => list.data ?? []);
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
  const choices = useChoices();
  const left = useReport(url.left);
  const right = useReport(url.right);
  const ready = url.left && url.right;
  return (
    <Page title={t.compareTitle} parent={{ to: "/images", text: names.images }}>
      <div className="stack">
        <div className="versus">
          <Side side="left" label={t.left} choices={choices} />
          <Side side="right" label={t.right} choices={choices} />
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

interface SideProps {
  side: "left" | "right";
  label: string;
  choices: Choice[];
}

function Side({ side, label, choices }: SideProps) {
  const t = useText(imagesText);
  const [url, setUrl] = useUrl();
  const [open, setOpen] = useState(false);
  const chosen = choices.find((one) => one.key === url[side]);
  return (
    <div className="field">
      <span className="label">{label}</span>
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {chosen?.text ?? t.choose}
      </button>
      {open && (
        <Dialog title={t.choose} onClose={() => setOpen(false)}>
          <Picker
            label={t.choose}
            none={t.none}
            choices={choices.map(({ key, text }) => ({ id: key, text }))}
            onPick={(key) => {
              setOpen(false);
              setUrl({ [side]: key });
            }}
          />
        </Dialog>
      )}
    </div>
  );
}
