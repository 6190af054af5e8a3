import { Link } from "@tanstack/react-router";

import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useScope } from "../../routing/search";
import { holdsForAll, mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Ago } from "../../ui/Ago";
import { type Column, DataTable } from "../../ui/DataTable";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts, Page } from "../../ui/Page";
import { useOwner } from "../own/owner";
import { PasswordProfile } from "../password-profile/PasswordProfile";
import { providersText } from "../providers/text";
import { AutoScanCard } from "./AutoScanCard";
import { ConfigurationCard } from "./ConfigurationCard";
import { FederationCard } from "./FederationCard";
import { systemText } from "./text";
import { WebhooksCard } from "./WebhooksCard";

export function System() {
  const t = useText(systemText);
  const names = useText(pageNames);
  const may = useMay();
  const cluster = useScope();
  const seesScans = useAllowed((self) =>
    cluster ? mayAskClusters(self, "read") : holdsForAll(self, "rt_scan", "read"),
  );
  const exports = useAllowed((self) => holdsForAll(self, "config", "read")) && !cluster;
  return (
    <Page title={names.system} lead={t.lead}>
      <div className="cards">
        <FederationCard />
        {seesScans && <AutoScanCard />}
        {may("authentication", "read") && <ProvidersCard />}
        <SettingsCard />
        {exports && <ConfigurationCard />}
        {may("authorization", "read") && <PasswordProfile />}
        <WebhooksCard />
        {may("nv_resource", "read") && <ScannersCard />}
      </div>
    </Page>
  );
}

type Scanner = Schema<"Scanner">;

function ScannersCard() {
  const t = useText(systemText);
  const format = useFormat();
  const query = useGet("/v1/scan/scanner", { every: 10_000 });
  const columns: Column<Scanner>[] = [
    {
      id: "id",
      title: t.scanner,
      width: "1.6fr",
      cell: (one) => <code>{one.id?.slice(0, 12)}</code>,
    },
    { id: "server", title: t.server, cell: (one) => one.server || "–" },
    {
      id: "joined",
      title: t.joined,
      cell: (one) => (one.joined_timestamp ? <Ago at={one.joined_timestamp * 1_000} /> : "–"),
    },
    { id: "database", title: t.database, cell: (one) => one.cvedb_version || "–" },
    {
      id: "age",
      title: t.age,
      cell: (one) => (one.cvedb_create_time ? <Ago at={one.cvedb_create_time} /> : "–"),
    },
    {
      id: "images",
      title: t.images,
      align: "end",
      width: "0.6fr",
      cell: (one) => format.number(one.scanned_images ?? 0),
    },
  ];
  return (
    <Card title={t.scanners} wide>
      <Loaded query={query} what={t.scanners}>
        {({ scanners }) => (
          <DataTable
            label={t.scanners}
            columns={columns}
            rows={scanners}
            rowKey={(one) => one.id ?? ""}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** What is so by itself, or said where the program is started. */
function SettingsCard() {
  const t = useText(systemText);
  const { cluster, target } = useOwner();
  // As the webhooks are asked for: without a scope, those of the home cluster would be waited for.
  const query = useGet("/v1/system/config", cluster ? { cluster } : target);
  const onOff = (on: boolean) => (on ? t.on : t.off);
  return (
    <Card title={t.settings}>
      <Loaded query={query} what={t.settings}>
        {({ config }) => (
          <Facts
            of={[
              [t.clusterName, config.cluster_name || "–"],
              [t.tls, onOff(config.enable_tls_verification)],
              [t.telemetry, onOff(!config.no_telemetry_report)],
            ]}
          />
        )}
      </Loaded>
      <p className="hint">{t.settingsHint}</p>
    </Card>
  );
}

function ProvidersCard() {
  const t = useText(systemText);
  const kinds: Record<string, string> = useText(providersText).kinds;
  const query = useGet("/v1/server");
  return (
    <Card title={t.providers}>
      <Loaded query={query} what={t.providers}>
        {({ servers }) =>
          servers.length === 0 ? (
            <p className="hint">{t.noProviders}</p>
          ) : (
            <p>
              {(servers as { server_name?: string; server_type?: string }[]).map((one) => (
                <span key={one.server_name} className="tag">
                  {one.server_name} <b>{kinds[one.server_type ?? ""] ?? one.server_type}</b>
                </span>
              ))}
            </p>
          )
        }
      </Loaded>
      <p>
        <Link to="/providers">{t.toProviders}</Link>
      </p>
    </Card>
  );
}
