import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useGet } from "../api/query";
import { useMembers } from "../pages/clusters/members";
import { useMay } from "../session/permissions";
import { useText } from "../text/language";
import { Dialog } from "../ui/Dialog";
import { type Choice, Picker } from "../ui/Picker";
import { PAGES, pageNames } from "./pages";
import { frameText } from "./text";

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
  const members = useMembers().data?.joint_clusters ?? [];
  const enabled = text.length > 1;
  const query = { f_name: `in,${text.replace(/[,|].*$/, "")}`, limit: 20, brief: true };
  const groups = useGet("/v1/group", { query, enabled: enabled && may("rt_policy", "read") });
  const registries = useGet("/v1/scan/registry", { enabled: enabled && may("reg_scan", "read") });
  const kind = (name: keyof typeof t.kinds) => <span className="hint">{t.kinds[name]}</span>;
  const found: Found[] = [
    ...PAGES.filter((page) => !page.needs || may(page.needs, "read")).map((page) => ({
      id: `page ${page.id}`,
      text: names[page.id],
      beside: kind("page"),
      to: page.to,
    })),
    ...members.map((one) => ({
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
