import { Link } from "@tanstack/react-router";

import { useFleet } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { ClusterState, toneOf } from "../clusters/ClusterState";
import { behind, headOf, inScope, useMembers } from "../clusters/members";
import { dashboardText } from "./text";

const WORST = 3;

/** How many members are in which state, and how far they are behind. */
export function ClustersByState() {
  const t = useText(dashboardText);
  const format = useFormat();
  const query = useMembers();
  const fleet = useFleet();
  return (
    <Card title={t.clusters}>
      <Loaded query={query} what={t.clusters}>
        {({ joint_clusters = [] }) => {
          const members = inScope(joint_clusters, fleet);
          const counts = new Map<string, number>();
          for (const { status } of members) counts.set(status, (counts.get(status) ?? 0) + 1);
          const states = [...counts].sort((a, b) => b[1] - a[1]);
          const head = headOf(joint_clusters);
          const lagging = members
            .filter((one) => behind(one, head) > 0)
            .sort((a, b) => behind(b, head) - behind(a, head))
            .slice(0, WORST);
          return (
            <>
              <p className="big">
                {format.number(members.length)}{" "}
                <span className="hint">
                  {t.headRevision} {format.number(head)}
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
                <p className="hint">{t.allSynced}</p>
              ) : (
                lagging.map((one) => (
                  <p key={one.id} className="hint">
                    {t.lagging(one.name, behind(one, head))}
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
