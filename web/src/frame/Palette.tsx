import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { get } from "../api/client";
import { useGet } from "../api/query";
import { useMembers } from "../pages/clusters/members";
import { useMay } from "../session/permissions";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { type Choice, Picker } from "../ui/Picker";
import { PAGES, pageNames } from "./pages";
import { frameText } from "./text";

/** What is found of a kind at most, and the registries that are looked through. */
const MOST = 20;
const REGISTRIES = 20;

interface Found extends Choice {
  to: string;
  search?: Record<string, string>;
}

/** Finds a page or a thing by its name and goes there. */
export function Palette({ onClose }: { onClose: () => void }) {
  const t = useText(frameText);
  const names = useText(pageNames);
  const may = useMay();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const enabled = text.length > 1;
  const query = { f_name: `in,${text.replace(/[,|].*$/, "")}`, limit: MOST, brief: true };
  const members = useMembers(false);
  const groups = useGet("/v1/group", { query, enabled: enabled && may("rt_policy", "read") });
  const registries = useGet("/v1/scan/registry", { enabled: enabled && may("reg_scan", "read") });
  const rules = useGet("/v1/admission/rules", {
    query: { scope: "fed", f_comment: query.f_name, limit: MOST },
    enabled: enabled && may("admctrl", "read"),
  });
  const images = useImages(
    (registries.data?.summarys ?? []).map(({ name = "" }) => name).slice(0, REGISTRIES),
    query.f_name,
    enabled,
  );
  const kind = (name: keyof typeof t.kinds) => <span className="hint">{t.kinds[name]}</span>;
  const found: Found[] = [
    ...PAGES.filter((page) => !page.needs || may(page.needs, "read")).map((page) => ({
      id: `page ${page.id}`,
      text: names[page.id],
      beside: kind("page"),
      to: page.to,
    })),
    ...(members.data?.joint_clusters ?? []).map((one) => ({
      id: `cluster ${one.id}`,
      text: one.name,
      beside: kind("cluster"),
      to: `/clusters/${one.id}`,
    })),
    ...(groups.data?.groups ?? []).map(({ name = "" }) => ({
      id: `group ${name}`,
      text: name,
      beside: kind("group"),
      to: "/groups",
      search: { open: name },
    })),
    ...(/^(cve|ghsa)-/i.test(text)
      ? [
          {
            id: `cve ${text}`,
            text,
            beside: kind("cve"),
            to: "/vulnerabilities",
            search: { q: text.toUpperCase() },
          },
        ]
      : []),
    ...(rules.data?.rules ?? []).map(({ id = 0, comment = "" }) => ({
      id: `rule ${id}`,
      text: `${comment} (${id})`,
      beside: kind("rule"),
      to: "/admission",
      search: { open: String(id) },
    })),
    ...images.map(({ registry, id, text: name }) => ({
      id: `image ${registry} ${id} ${name}`,
      text: name,
      beside: kind("image"),
      to: `/images/${encodeURIComponent(registry)}/${id}`,
    })),
    ...(registries.data?.summarys ?? []).map(({ name = "" }) => ({
      id: `registry ${name}`,
      text: name,
      beside: kind("registry"),
      to: `/registries/${encodeURIComponent(name)}`,
    })),
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
        onType={setText}
        onPick={go}
      />
    </Dialog>
  );
}

/** The images of registries whose repository contains a text. */
function useImages(registries: string[], repository: string, enabled: boolean) {
  const lists = useQueries({
    queries: registries.map((name) => ({
      queryKey: ["/v1/scan/registry/{name}/images", "named", name, repository],
      queryFn: async () => {
        const query = { f_repository: repository, limit: MOST };
        const answer = await get("/v1/scan/registry/{name}/images", { path: { name }, query });
        return answer.images.map((image) => ({
          registry: name,
          id: image.image_id ?? "",
          text: `${image.repository}:${image.tag}`,
        }));
      },
      enabled,
    })),
  });
  return lists.flatMap((list) => list.data ?? []);
}
