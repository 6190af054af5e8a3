import { Link } from "@tanstack/react-router";

import { pageNames } from "../../frame/pages";
import { useFleet } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { Card, Page } from "../../ui/Page";
import { LiveSummary } from "../clusters/LiveSummary";
import { NewestEvents } from "../events/NewestEvents";
import { Attention } from "./Attention";
import { ClustersByState } from "./ClustersByState";
import { DataAge } from "./DataAge";
import { Denials } from "./Denials";
import { Exposure } from "./Exposure";
import { TopVulnerabilities } from "./TopVulnerabilities";
import { dashboardText } from "./text";
import "./dashboard.css";

export function Dashboard() {
  const t = useText(dashboardText);
  const names = useText(pageNames);
  const may = useMay();
  const fleet = useFleet();
  const scope = fleet.cluster;
  const scans = may("reg_scan", "read");
  const events = may("events", "read");
  return (
    <Page title={names.dashboard} lead={t.lead}>
      <div className="cards dashboard">
        {!scope && <Attention />}
        {!scope && may("config", "read") && <ClustersByState />}
        {scope && <LiveSummary cluster={scope} />}
        {may("nv_resource", "read") && <DataAge />}
        {events && <Denials />}
        {may("fed", "read") && <TopVulnerabilities />}
        {(scope ? may("fed", "read") : scans) && <Exposure />}
        {events && (
          <Card title={t.events} wide actions={<Link to={"/events" as never}>{t.allEvents}</Link>}>
            <NewestEvents of={fleet} limit={8} />
          </Card>
        )}
      </div>
    </Page>
  );
}
