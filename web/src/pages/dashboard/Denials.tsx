import { Link, useNavigate } from "@tanstack/react-router";
import { useGet } from "../../api/query";
import { useUrl, useWithin } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { PeriodFacet } from "../events/PeriodFacet";
import { periodOf, startOf } from "../events/period";
import { TimelineChart } from "../events/Timeline";
import { dashboardText } from "./text";

const EVERY_MS = 3_000;
/** Clusters that are named. */
const NAMED = 6;

/** What admission control refused, over time. */
export function Denials() {
  const t = useText(dashboardText);
  const format = useFormat();
  const fleet = useWithin();
  const navigate = useNavigate();
  const [url] = useUrl();
  const days = periodOf(url.days) ?? "1";
  const asked = { ...fleet, since: startOf(days, timeNow() / 1_000) };
  const every = EVERY_MS;
  const counted = useGet("/v1/fed/denials/timeline", { query: asked, every });
  const byCluster = useGet("/v1/fed/denials/timeline", {
    query: { ...asked, by: "cluster" },
    every,
  }).data?.series;
  return (
    <Card
      title={t.denials}
      wide
      actions={
        <div className="actions">
          <Link to={"/denials" as never}>{t.allDenials}</Link>
          <PeriodFacet all={false} />
        </div>
      }
    >
      <div className="denials">
        <Loaded query={counted} what={t.denials} lines={7}>
          {(timeline) => (
            <>
              <p>{t.denialsLead(format.number(timeline.total), Number(days))}</p>
              <TimelineChart
                of={timeline}
                label={t.denials}
                onPick={(since, until) =>
                  void navigate({
                    to: "/denials",
                    search: { since: String(since), until: String(until) },
                  } as never)
                }
              />
            </>
          )}
        </Loaded>
        {byCluster && byCluster.length > 0 && (
          <p className="by-cluster">
            {t.byCluster}{" "}
            {byCluster.slice(0, NAMED).map((one) => (
              <Link
                key={one.of}
                to={"/denials" as never}
                search={{ cluster: one.of, days } as never}
              >
                {one.cluster_name || one.of.slice(0, 8)} <b>{format.number(one.total)}</b>
              </Link>
            ))}
          </p>
        )}
      </div>
    </Card>
  );
}
