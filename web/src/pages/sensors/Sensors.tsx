import { ScanSearch } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { objectQuery, useUrl } from "../../routing/search";
import { useBuiltInText } from "../../text/builtIn";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Transfer } from "../../transfer/Transfer";
import { AddButton, FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { ForClusters } from "../clusters/ForClusters";
import { useOriginColumn } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import { type Kind, namesOfAll, readSensor, type Sensor, useSensors } from "./kind";
import { SensorDialog } from "./SensorDialog";
import { SensorGroups } from "./SensorGroups";
import { sensorsText } from "./text";

export function DlpSensors() {
  return <Sensors kind="dlp" />;
}

export function WafSensors() {
  return <Sensors kind="waf" />;
}

function Sensors({ kind }: { kind: Kind }) {
  const t = useText(sensorsText);
  const names = useText(pageNames);
  const { target, writable } = useOwner();
  const tabs = Object.entries(t.tabs);
  const tab = useTab(tabs);
  return (
    <Page
      title={names[kind]}
      lead={t.lead[kind]}
      actions={
        <>
          <Transfer
            what={names[kind]}
            file={`${kind}-sensors.yaml`}
            exportPath={`/v1/file/${kind}`}
            importPath={`/v1/file/${kind}/config`}
            target={target}
            names={(target) => namesOfAll(kind, target)}
            writable={writable}
          />
          {writable && <AddButton text={t.add} url={{ tab: "" }} />}
        </>
      }
    >
      <Tabs label={names[kind]} tabs={tabs} />
      {tab === "sensors" ? (
        <SensorList kind={kind} writable={writable} />
      ) : (
        <SensorGroups kind={kind} writable={writable} />
      )}
    </Page>
  );
}

function SensorList({ kind, writable }: { kind: Kind; writable: boolean }) {
  const t = useOwnedText(useText(sensorsText));
  const w = useText(words);
  const names = useText(pageNames);
  const owner = useOwner();
  const { cluster } = owner;
  const [url, setUrl] = useUrl();
  const query = useSensors(kind, { cluster, query: objectQuery(url, "name", {}) });
  const origin = useOriginColumn<Sensor>((sensor) => sensor.cfg_type);
  const builtIn = useBuiltInText();
  const columns: Column<Sensor>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      width: "1.4fr",
      cell: (sensor) => (
        <>
          <Opener open={sensor.name ?? ""}>{sensor.name}</Opener>{" "}
          {sensor.predefine && <span className="tag">{t.predefined}</span>}
          <ForClusters of={sensor.cluster_selector} />
          {sensor.comment && (
            <span className="sub">
              {sensor.predefine ? builtIn(sensor.comment) : sensor.comment}
            </span>
          )}
        </>
      ),
    },
    {
      id: "rules",
      title: t.rules,
      width: "2fr",
      cell: (sensor) =>
        (sensor.rules ?? []).map((rule) => (
          <span key={rule.name} className="tag">
            {rule.name}
          </span>
        )),
    },
    ...origin,
    {
      id: "groups",
      title: t.usedBy,
      width: "1.4fr",
      cell: (sensor) =>
        (sensor.groups ?? []).length === 0
          ? t.noneUsed
          : (sensor.groups ?? []).map((group) => (
              <span key={group} className="tag">
                {group}
              </span>
            )),
    },
  ];
  const opened = useOpened({
    path: `/v1/${kind}/sensor`,
    rows: query.rows,
    keyOf: (sensor) => sensor.name ?? "",
    read: (name) => readSensor(kind, name, cluster),
  });
  return (
    <>
      <div className="toolbar">
        <FilterText />
      </div>
      <Listing
        query={query}
        what={names[kind]}
        columns={columns}
        rowKey={(sensor) => sensor.name ?? ""}
        current={(sensor) => sensor.name === url.open}
        empty={
          <Sign icon={<ScanSearch aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {(opened || (url.open === "new" && writable)) && (
        <SensorDialog
          key={url.open}
          kind={kind}
          sensor={opened}
          writable={writable && !opened?.predefine && (!opened || owns(owner, opened))}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </>
  );
}
