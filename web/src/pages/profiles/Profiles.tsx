import { Cog } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useScope, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { FileDialog } from "./FileDialog";
import { ProcessDialog } from "./ProcessDialog";
import { profilesText } from "./text";

export type ProcessProfile = Schema<"ProcessProfile">;
export type FileProfile = Schema<"FileMonitorProfile">;

/** What the members of each group may run, and which files are watched. */
export function Profiles() {
  const t = useText(profilesText);
  const names = useText(pageNames);
  const tabs = Object.entries(t.tabs);
  const tab = useTab(tabs);
  return (
    <Page title={names.profiles} lead={t.lead}>
      <Tabs label={names.profiles} tabs={tabs} />
      {tab === "process" ? <ProcessProfiles /> : <FileProfiles />}
    </Page>
  );
}

function useProfileList() {
  const cluster = useScope();
  const may = useMay();
  const [url, setUrl] = useUrl();
  return {
    cluster,
    options: {
      cluster,
      query: objectQuery(url, "group", {}),
    },
    writable: !cluster && may("fed", "write"),
    setOpen: (open: string) => setUrl({ open }, { push: true }),
  };
}

function Empty() {
  const t = useText(profilesText);
  return <Sign icon={<Cog aria-hidden />} title={t.none} hint={t.noneHint} role="status" />;
}

function ProcessProfiles() {
  const t = useText(profilesText);
  const names = useText(pageNames);
  const { cluster, options, writable, setOpen } = useProfileList();
  const query = usePages("/v1/process_profile", (answer) => answer.process_profiles, options);
  const columns: Column<ProcessProfile>[] = [
    {
      id: "group",
      title: t.group,
      sort: "group",
      cell: (one) => (
        <button type="button" className="link" onClick={() => setOpen(one.group ?? "")}>
          {one.group}
        </button>
      ),
    },
    {
      id: "baseline",
      title: t.baseline,
      cell: (one) => t.baselines[one.baseline as keyof typeof t.baselines] ?? one.baseline,
    },
    {
      id: "entries",
      title: t.entries,
      width: "2fr",
      cell: (one) =>
        (one.process_list ?? []).slice(0, 8).map((entry) => (
          <span key={`${entry.name} ${entry.path}`} className="tag">
            {entry.name || entry.path}{" "}
            <b>{t.actions[entry.action as keyof typeof t.actions] ?? entry.action}</b>
          </span>
        )),
    },
  ];
  const opened = useOpened({
    path: "/v1/process_profile",
    rows: query.rows,
    keyOf: (one) => one.group ?? "",
    read: async (name) =>
      (await get("/v1/process_profile/{name}", { path: { name }, cluster })).process_profile,
  });
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.group} />
      </div>
      <Listing
        query={query}
        what={names.profiles}
        columns={columns}
        rowKey={(one) => one.group ?? ""}
        empty={<Empty />}
      />
      {opened && <ProcessDialog profile={opened} writable={writable} onClose={() => setOpen("")} />}
    </>
  );
}

function FileProfiles() {
  const t = useText(profilesText);
  const names = useText(pageNames);
  const { cluster, options, writable, setOpen } = useProfileList();
  const query = usePages("/v1/file_monitor", (answer) => answer.profiles, options);
  const columns: Column<FileProfile>[] = [
    {
      id: "group",
      title: t.group,
      sort: "group",
      cell: (one) => (
        <button type="button" className="link" onClick={() => setOpen(one.group ?? "")}>
          {one.group}
        </button>
      ),
    },
    {
      id: "entries",
      title: t.entries,
      width: "3fr",
      cell: (one) =>
        (one.filters ?? []).slice(0, 8).map((entry) => (
          <span key={entry.filter} className="tag">
            {entry.filter}{" "}
            <b>{t.behaviors[entry.behavior as keyof typeof t.behaviors] ?? entry.behavior}</b>
          </span>
        )),
    },
  ];
  const opened = useOpened({
    path: "/v1/file_monitor",
    rows: query.rows,
    keyOf: (one) => one.group ?? "",
    read: async (name) =>
      (await get("/v1/file_monitor/{name}", { path: { name }, cluster })).profile,
  });
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.group} />
      </div>
      <Listing
        query={query}
        what={names.profiles}
        columns={columns}
        rowKey={(one) => one.group ?? ""}
        empty={<Empty />}
      />
      {opened && <FileDialog profile={opened} writable={writable} onClose={() => setOpen("")} />}
    </>
  );
}
