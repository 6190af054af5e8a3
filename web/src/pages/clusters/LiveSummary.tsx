import { useGet } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { clustersText } from "./text";

const EVERY_MS = 10_000;

/** What the cluster counts at this moment. */
export function LiveSummary({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const format = useFormat();
  const query = useGet("/v1/system/summary", { cluster, every: EVERY_MS });
  return (
    <Card title={t.live} wide>
      <Loaded query={query} what={t.live}>
        {({ summary }) => (
          <Facts
            of={[
              ...Object.entries(t.counts).map(([field, name]): [string, string] => [
                name,
                format.number(summary[field as keyof typeof t.counts]),
              ]),
              [
                t.platform,
                [summary.platform, summary.kube_version].filter(Boolean).join(" ") || "–",
              ],
              [
                t.database,
                summary.cvedb_create_time
                  ? `${summary.cvedb_version} (${format.ago(summary.cvedb_create_time)})`
                  : "–",
              ],
            ]}
          />
        )}
      </Loaded>
      <p className="hint">{t.liveHint}</p>
    </Card>
  );
}
