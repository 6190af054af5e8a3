import { Link } from "@tanstack/react-router";

import { useGet } from "../../api/query";
import { useWithin } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { ClusterLink } from "../clusters/ClusterLink";
import { countByCluster } from "./countByCluster";
import { vulnerabilitiesText } from "./text";

/** Workloads that are counted. */
const MOST = 1_000;

/** The clusters in scope that run what has a vulnerability, and how many workloads of it. */
export function AffectedClusters({ name }: { name: string }) {
  const t = useText(vulnerabilitiesText);
  const format = useFormat();
  const query = useGet("/v1/fed/workloads", {
    query: { ...useWithin(), vulnerability: name, sort: "cluster", limit: MOST },
  });
  return (
    <Loaded query={query} what={t.clusters}>
      {({ workloads, next }) => (
        <>
          {workloads.length === 0 && <p className="hint">{t.runsNowhere}</p>}
          <ul>
            {countByCluster(workloads).map(({ id, name: cluster, count }) => (
              <li key={id}>
                <ClusterLink id={id}>{cluster}</ClusterLink>{" "}
                <Link
                  className="hint"
                  to={"/workloads" as never}
                  search={{ code: name, cluster: id } as never}
                >
                  {t.workloadsThere(format.number(count))}
                </Link>
              </li>
            ))}
          </ul>
          {next && <p className="hint">{t.clustersMost}</p>}
        </>
      )}
    </Loaded>
  );
}
