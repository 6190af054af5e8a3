import { Group as GroupIcon } from "lucide-react";

import { get, type Schema, type Target } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { everyRow } from "../../transfer/everyRow";
import { Transfer } from "../../transfer/Transfer";
import { AddButton, FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { ForClusters } from "../clusters/ForClusters";
import { useOriginColumn } from "../own/Origin";
import { useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { GroupDialog } from "./GroupDialog";
import { groupsText } from "./text";

export type Group = Schema<"Group">;

async function namesOfAll(target: Target) {
  const rows = await everyRow(
    "/v1/group",
    { ...target, query: { ...target.query, brief: true } },
    (answer) => answer.groups,
  );
  const groups = rows.filter((group) => !group.reserved).map((group) => group.name ?? "");
  return groups.length > 0 ? { groups } : undefined;
}

export function Groups() {
  const t = useOwnedText(useText(groupsText));
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const { cluster, target, writable } = useOwner();
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/group", (answer) => answer.groups, {
    cluster,
    query: objectQuery(url, "name", {}),
  });
  const origin = useOriginColumn<Group>((group) => group.cfg_type, "cfg_type");
  const columns: Column<Group>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      width: "1.6fr",
      cell: (group) => (
        <>
          <Opener open={group.name ?? ""}>{group.name}</Opener>{" "}
          {group.reserved && <span className="tag">{t.reserved}</span>}
          <ForClusters of={group.cluster_selector} />
          {group.comment && <span className="sub">{group.comment}</span>}
        </>
      ),
    },
    {
      id: "criteria",
      title: t.criteria,
      width: "2fr",
      cell: (group) => <Criteria of={group} />,
    },
    {
      id: "kind",
      title: t.kind,
      sort: "kind",
      width: "0.7fr",
      cell: (group) => t.kinds[group.kind as keyof typeof t.kinds] ?? group.kind,
    },
    ...origin,
    {
      id: "rules",
      title: t.usedBy,
      width: "0.7fr",
      align: "end",
      cell: (group) => format.number(group.policy_rules?.length ?? 0),
    },
  ];
  const opened = useOpened({
    path: "/v1/group",
    rows: query.rows,
    keyOf: (group) => group.name ?? "",
    read: async (name) => {
      const query = { ...(!cluster && target.query), f_name: name };
      return (await get("/v1/group", { query, cluster })).groups.find((one) => one.name === name);
    },
  });
  return (
    <Page
      title={names.groups}
      lead={cluster ? t.leadCluster : t.lead}
      actions={
        <>
          <Transfer
            what={names.groups}
            file="groups.yaml"
            exportPath="/v1/file/group"
            importPath="/v1/file/group/config"
            target={target}
            names={namesOfAll}
            writable={writable}
          />
          {writable && <AddButton text={t.add} />}
        </>
      }
    >
      <div className="toolbar">
        <FilterText />
      </div>
      <Listing
        query={query}
        what={names.groups}
        columns={columns}
        rowKey={(group) => group.name ?? ""}
        current={(group) => group.name === url.open}
        empty={
          <Sign icon={<GroupIcon aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {(opened || (url.open === "new" && writable)) && (
        <GroupDialog
          key={url.open}
          group={opened}
          writable={writable}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </Page>
  );
}

function Criteria({ of }: { of: Group }) {
  const t = useText(groupsText);
  return (
    <>
      {(of.criteria ?? []).map(({ key, op, value }) => (
        <span key={`${key} ${op} ${value}`} className="tag">
          {t.keys[key as keyof typeof t.keys] ?? key} {t.ops[op as keyof typeof t.ops] ?? op}{" "}
          <b>{value}</b>
        </span>
      ))}
    </>
  );
}
