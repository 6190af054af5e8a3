import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Schema } from "../api/client";
import { useGet } from "../api/query";
import { useFound } from "../pages/clusters/members";
import { useSelf } from "../session/permissions";
import { useText } from "../text/language";
import { quoted } from "../text/turns";
import { Dialog } from "../ui/Dialog";
import { type Choice, Picker } from "../ui/Picker";
import { useSettled } from "../ui/useSettled";
import { isFor, PAGES, pageNames } from "./pages";
import { frameText } from "./text";

interface Found extends Choice {
  to: string;
  search?: Record<string, string>;
}

/** Finds a page or a thing of the federation by its name and goes there. */
export function Palette({ onClose }: { onClose: () => void }) {
  const t = useText(frameText);
  const names = useText(pageNames);
  const self = useSelf().data;
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const { members, searching } = useFound(text);
  const wanted = useSettled(text.trim());
  const things = useGet("/v1/fed/search", {
    query: { text: wanted },
    enabled: wanted.length > 1,
    keep: true,
  });
  const beside = (words: string) => <span className="hint">{words}</span>;
  const found: Found[] = [
    ...PAGES.filter((page) => self && isFor(page, self)).map((page) => ({
      id: `page ${page.id}`,
      text: names[page.id],
      beside: beside(t.page),
      to: page.to,
    })),
    ...members.map((one) => ({
      id: `cluster ${one.id}`,
      text: one.name,
      beside: beside(t.cluster),
      to: `/clusters/${one.id}`,
    })),
    ...((wanted.length > 1 && things.data?.found) || []).flatMap((thing) => {
      const place = placeOf(thing);
      if (!place) return [];
      const { kind, id, name, comment, cluster_id = "", cluster_name } = thing;
      return {
        id: `${kind} ${cluster_id} ${id} ${name}`,
        text: [name, quoted(comment ?? ""), cluster_name].filter(Boolean).join(" · "),
        beside: beside(t.kinds[kind as keyof typeof t.kinds] ?? kind),
        ...place,
      };
    }),
  ];
  const go = (id: string) => {
    const target = found.find((one) => one.id === id);
    onClose();
    if (target) void navigate({ to: target.to as never, search: (target.search ?? {}) as never });
  };
  return (
    <Dialog title={t.palette} onClose={onClose}>
      <Picker
        label={t.palette}
        hint={t.paletteHint}
        none={t.noMatch}
        choices={found}
        loading={searching || things.isFetching}
        onType={setText}
        onPick={go}
      />
    </Dialog>
  );
}

/** The page that shows a thing. */
function placeOf(thing: Schema<"FedFound">): Pick<Found, "to" | "search"> | undefined {
  const { kind, id, name, registry = "", cluster_id } = thing;
  const open = { open: id };
  switch (kind) {
    case "vulnerability":
      return { to: "/vulnerabilities", search: { q: name } };
    case "image":
      return { to: `/images/${encodeURIComponent(registry)}/${id}` };
    case "running image":
      return { to: "/images", search: { tab: "running", q: name } };
    case "workload":
      return { to: "/workloads", search: { q: name, scope: `c:${cluster_id}` } };
    case "registry":
      return { to: `/registries/${encodeURIComponent(name)}` };
    case "group":
      return { to: "/groups", search: open };
    case "admission rule":
      return { to: "/admission", search: open };
    case "network rule":
      return { to: "/network", search: open };
    case "response rule":
      return { to: "/response", search: open };
    case "DLP sensor":
      return { to: "/dlp", search: open };
    case "WAF sensor":
      return { to: "/waf", search: open };
    case "webhook":
      return { to: "/system" };
    default:
      return undefined;
  }
}
