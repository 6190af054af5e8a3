import { Link } from "@tanstack/react-router";

import { useGet } from "../../api/query";
import { useFleet } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { ClusterState, toneOf } from "../clusters/ClusterState";
import { behind, useFederation } from "../clusters/members";
import { dashboardText } from "./text";

const WORST = 3;
const EVERY_MS = 3_000;

/** How many members are in which state, and how far they are behind. */
export function ClustersByState() {
  const t = useText(dashboardText);
  const format = useFormat();
  const may = useMay();
  const query = useFederation();
  const furthest = useGet("/v1/fed/member", {
    query: { ...useFleet(), s_revision: "asc", limit: WORST },
    every: EVERY_MS,
  });
  return (
    <Card title={t.clusters}>
      <Loaded query={query} what={t.clusters}>
        {({ summary }) => {
          const states = Object.entries(summary?.statuses ?? {}).sort((a, b) => b[1] - a[1]);
          const count = states.reduce((sum, [, count]) => sum + count, 0);
          const head = summary?.revision ?? 0;
          const lagging = (furthest.data?.joint_clusters ?? []).filter(
            (one) => behind(one, head) > 0,
          );
          return (
            <>
              <p className="big">
                {format.number(count)}{" "}
                <span className="hint">
                  {t.inAll(count)} · {t.headRevision}{" "}
                  {may("fed", "read") ? (
                    <Link to={"/history" as never}>{format.number(head)}</Link>
                  ) : (
                    format.number(head)
                  )}
                </span>
              </p>
              <div className="share" aria-hidden="true">
                {states.map(([status, count]) => (
                  <span key={status} className={toneOf(status)} style={{ flexGrow: count }} />
                ))}
              </div>
              <ul className="legend">
                {states.map(([status, count]) => (
                  <li key={status}>
                    <Link to={"/clusters" as never} search={{ status } as never}>
                      <ClusterState status={status} />
                    </Link>
                    <b>{format.number(count)}</b>
                  </li>
                ))}
              </ul>
              {lagging.length === 0 ? (
                <p className="hint">{states.length === 0 ? t.noClusters : t.allSynced}</p>
              ) : (
                lagging.map((one) => (
                  <p key={one.id} className="hint">
                    <Link to={"/clusters/$id" as never} params={{ id: one.id } as never}>
                      {t.lagging(one.name, behind(one, head))}
                    </Link>
                  </p>
                ))
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
