import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { useWithin } from "../../routing/search";
import { holdsSomewhere, mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Sign } from "../../ui/Failure";
import { Card, Page } from "../../ui/Page";
import { ClusterAdmission } from "../clusters/ClusterAdmission";
import { ClusterErrors } from "../clusters/ClusterErrors";
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
  const w = useText(words);
  const names = useText(pageNames);
  const may = useMay();
  const fleet = useWithin();
  const scope = fleet.cluster;
  const scans = may("reg_scan", "read");
  const events = useAllowed((self) => holdsSomewhere(self, "events", "read"));
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  const attends = (["config", "nv_resource", "reg_scan", "fed"] as const).some((one) =>
    may(one, "read"),
  );
  if (!attends && !events) {
    return (
      <Page title={names.dashboard}>
        <Sign icon={<Lock aria-hidden />} title={w.forbidden(names.dashboard)} role="status" />
      </Page>
    );
  }
  return (
    <Page title={names.dashboard} lead={t.lead}>
      <div className="cards dashboard">
        {!scope && attends && <Attention />}
        {!scope && may("config", "read") && <ClustersByState />}
        {scope && asks && <LiveSummary cluster={scope} />}
        {scope && asks && may("admctrl", "read") && <ClusterAdmission cluster={scope} />}
        {scope && may("fed", "read") && <ClusterErrors cluster={scope} />}
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
