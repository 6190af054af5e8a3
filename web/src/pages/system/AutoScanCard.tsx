import { get, patch } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useScope } from "../../routing/search";
import { mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Switch } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { systemText } from "./text";

type Asset = "enable_auto_scan_workload" | "enable_auto_scan_host";

/** What the cluster in scope scans without being asked, or the primary's own. */
export function AutoScanCard() {
  const t = useText(systemText);
  const may = useMay();
  const cluster = useScope();
  const asks = useAllowed((self) => mayAskClusters(self, "write"));
  const writable = may("rt_scan", "write") && (asks || !cluster);
  const query = useGet("/v1/scan/config", { cluster });
  const set = (asset: Asset, on: boolean) =>
    patch("/v1/scan/config", { config: { [asset]: on } }, { cluster });
  const change = useChange(({ asset, on }: { asset: Asset; on: boolean }) => set(asset, on), {
    done: t.autoScanSaved,
    read: async ({ asset }) => (await get("/v1/scan/config", { cluster })).config[asset],
    undo:
      ({ asset, on }) =>
      () =>
        set(asset, !on),
  });
  return (
    <Card title={t.autoScan}>
      <Loaded query={query} what={t.autoScan} lines={2}>
        {({ config }) =>
          (["enable_auto_scan_workload", "enable_auto_scan_host"] as const).map((asset) => (
            <Switch
              key={asset}
              label={t.autoScans[asset]}
              checked={config[asset] ?? false}
              disabled={!writable || change.isPending}
              onChange={(on) => change.mutate({ asset, on })}
            />
          ))
        }
      </Loaded>
      <Refusal error={change.error} />
      <p className="hint">{cluster ? t.autoScanOfCluster : t.autoScanOfHome}</p>
    </Card>
  );
}
