import { Cog } from "lucide-react";
import type { ReactNode } from "react";

import { get, type Schema } from "../../api/client";
import { type Pages, usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { WholePolicy } from "../../transfer/WholePolicy";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { useOriginColumn } from "../own/Origin";
import { ownerByName, owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { FileDialog } from "./FileDialog";
import { ProcessDialog } from "./ProcessDialog";
import { profilesText } from "./text";

export type ProcessProfile = Schema<"ProcessProfile">;
export type FileProfile = Schema<"FileMonitorProfile">;

/** What the members of each group may run, and which files are watched. */
export function Profiles() {
  const t = useText(profilesText);
  const names = useText(pageNames);
  const may = useMay();
  const { cluster, writable } = useOwner();
  const tabs = Object.entries(t.tabs);
  const tab = useTab(tabs);
  return (
    <Page
      title={names.profiles}
      lead={t.lead}
      actions={!cluster && may("fed", "read") && <WholePolicy writable={writable} />}
    >
      <Tabs label={names.profiles} tabs={tabs} />
      {tab === "process" ? <ProcessProfiles /> : <FileProfiles />}
    </Page>
  );
}

/** Where the profiles of a list come from, and what may be done with them. */
function useProfileList() {
  const owner = useOwner();
  const { cluster } = owner;
  const [url] = useUrl();
  return {
    cluster,
    options: { cluster, query: objectQuery(url, "group", {}) },
    writable: (of: { group?: string }) => owner.writable && owns(owner, ownerByName(of.group)),
  };
}

interface Props<Profile> {
  query: Pages<Profile>;
  /** Beside the group. */
  columns: Column<Profile>[];
  opened: Profile | undefined;
  dialog: (profile: Profile, onClose: () => void) => ReactNode;
}

function ProfileList<Profile extends { group?: string }>({
  query,
  columns,
  opened,
  dialog,
}: Props<Profile>) {
  const t = useOwnedText(useText(profilesText));
  const names = useText(pageNames);
  const [, setUrl] = useUrl();
  const open = (group: string) => setUrl({ open: group }, { push: true });
  const origin = useOriginColumn<Profile>((one) => ownerByName(one.group).cfg_type);
  const group: Column<Profile> = {
    id: "group",
    title: t.group,
    sort: "group",
    cell: (one) => <Opener open={one.group ?? ""}>{one.group}</Opener>,
  };
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.group} />
      </div>
      <Listing
        query={query}
        what={names.profiles}
        columns={[group, ...origin, ...columns]}
        rowKey={(one) => one.group ?? ""}
        empty={<Sign icon={<Cog aria-hidden />} title={t.none} hint={t.noneHint} role="status" />}
      />
      {opened && dialog(opened, () => open(""))}
    </>
  );
}

/** Entries that are shown of a profile in the list. */
const SHOWN = 8;

/** The first entries of a profile, with what is said of each. */
function Entries({ of }: { of: [what: string, verdict: string | undefined][] }) {
  const t = useText(profilesText);
  const w = useText(words);
  if (of.length === 0) return <span className="hint">{w.none}</span>;
  return (
    <>
      {of.slice(0, SHOWN).map(([what, verdict]) => (
        <span key={`${what} ${verdict}`} className="tag">
          {what} <b>{verdict}</b>
        </span>
      ))}
      {of.length > SHOWN && <span className="hint">{t.more(of.length - SHOWN)}</span>}
    </>
  );
}

function ProcessProfiles() {
  const t = useText(profilesText);
  const { cluster, options, writable } = useProfileList();
  const query = usePages("/v1/process_profile", (answer) => answer.process_profiles, options);
  const columns: Column<ProcessProfile>[] = [
    // Groups of a cluster have one; federated ones do not.
    ...(cluster
      ? [
          {
            id: "baseline",
            title: t.baseline,
            cell: (one: ProcessProfile) =>
              t.baselines[one.baseline as keyof typeof t.baselines] ?? (one.baseline || "–"),
          },
        ]
      : []),
    {
      id: "entries",
      title: t.entries,
      width: "2fr",
      cell: (one) => (
        <Entries
          of={(one.process_list ?? []).map(({ name, path, action }) => [
            name || path || "",
            t.actions[action as keyof typeof t.actions] ?? action,
          ])}
        />
      ),
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
    <ProfileList
      query={query}
      columns={columns}
      opened={opened}
      dialog={(profile, onClose) => (
        <ProcessDialog profile={profile} writable={writable(profile)} onClose={onClose} />
      )}
    />
  );
}

function FileProfiles() {
  const t = useText(profilesText);
  const { cluster, options, writable } = useProfileList();
  const query = usePages("/v1/file_monitor", (answer) => answer.profiles, options);
  const columns: Column<FileProfile>[] = [
    {
      id: "entries",
      title: t.entries,
      width: "3fr",
      cell: (one) => (
        <Entries
          of={(one.filters ?? []).map(({ filter = "", behavior }) => [
            filter,
            t.behaviors[behavior as keyof typeof t.behaviors] ?? behavior,
          ])}
        />
      ),
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
    <ProfileList
      query={query}
      columns={columns}
      opened={opened}
      dialog={(profile, onClose) => (
        <FileDialog profile={profile} writable={writable(profile)} onClose={onClose} />
      )}
    />
  );
}
