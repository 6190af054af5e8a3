import { useGet } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { Ago } from "../../ui/Ago";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { State } from "../../ui/State";
import { newestData, OLD_DATA_MS } from "./attention";
import { dashboardText } from "./text";

/** How old the vulnerability data is, and who scans with it. */
export function DataAge() {
  const t = useText(dashboardText);
  const format = useFormat();
  const query = useGet("/v1/scan/scanner", { every: 10_000 });
  return (
    <Card title={t.data}>
      <Loaded query={query} what={t.data}>
        {({ scanners }) => {
          const newest = newestData(scanners);
          const at = newest?.cvedb_create_time ?? "";
          const old = !at || timeNow() - Date.parse(at) > OLD_DATA_MS;
          const images = scanners.reduce((sum, one) => sum + (one.scanned_images ?? 0), 0);
          return (
            <>
              <p className="big">
                <State tone={old ? "busy" : "good"}>{at ? <Ago at={at} /> : t.noData}</State>
              </p>
              <Facts
                of={[
                  [t.database, newest?.cvedb_version ?? "–"],
                  [t.scanners, format.number(scanners.length)],
                  [t.imagesScanned, format.number(images)],
                ]}
              />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
