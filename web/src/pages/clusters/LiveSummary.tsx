import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useGet } from "../../api/query";
import { type Permission, useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card, Facts } from "../../ui/Page";
import { clustersText } from "./text";

const EVERY_MS = 10_000;

/** Where what is counted is listed. */
const PAGES_OF: Record<string, { to: string; tab?: string; needs: Permission }> = {
  hosts: { to: "/workloads", tab: "nodes", needs: "rt_scan" },
  workloads: { to: "/workloads", needs: "fed" },
  policy_rules: { to: "/network", needs: "rt_policy" },
};

/** What the cluster counts at this moment. */
export function LiveSummary({ cluster }: { cluster: string }) {
  const t = useText(clustersText);
  const format = useFormat();
  const may = useMay();
  const query = useGet("/v1/system/summary", { cluster, every: EVERY_MS });
  return (
    <Card title={t.live} wide>
      <Loaded query={query} what={t.live}>
        {({ summary }) => (
          <Facts
            of={[
              ...Object.entries(t.counts).map(([field, name]): [string, ReactNode] => {
                const count = format.number(summary[field as keyof typeof t.counts]);
                const page = PAGES_OF[field];
                if (!page || !may(page.needs, "read")) return [name, count];
                const search = { scope: `c:${cluster}`, tab: page.tab };
                return [
                  name,
                  <Link key={field} to={page.to as never} search={search as never}>
                    {count}
                  </Link>,
                ];
              }),
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
