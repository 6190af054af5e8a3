import type { ReactNode } from "react";

import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Page";
import { denyRuleOf } from "../admission/deciding";
import { RuleLink } from "../admission/RuleLink";
import { Why } from "../admission/Why";
import { ClusterOf } from "../clusters/ClusterLink";
import { useClusterName } from "../clusters/members";
import { RecordText } from "./RecordText";
import { detailOf, type FedEvent, Level, useEventName } from "./record";
import { eventsText } from "./text";

/** All that a record says. */
export function EventDialog({ event, onClose }: { event: FedEvent; onClose: () => void }) {
  const t = useText(eventsText);
  const format = useFormat();
  const name = useEventName();
  const clusterName = useClusterName();
  const detail = detailOf(event);
  const rule = denyRuleOf(detail);
  const rows: [string, ReactNode][] = [
    [t.cluster, <ClusterOf key="c" record={event} name={clusterName} />],
    [t.time, format.moment(event.reported_at)],
    [t.number, format.number(event.seq)],
    [t.user, detail.user],
    [t.address, detail.user_addr],
    [t.call, [detail.rest_method, detail.rest_request].filter(Boolean).join(" ")],
    [t.namespace, detail.workload_domain],
    [t.workload, detail.workload_name],
    [t.image, detail.workload_image ?? detail.image],
  ];
  return (
    <Dialog title={name(event.name)} place="side" onClose={onClose}>
      <p>
        <Level of={event.level} />
      </p>
      {rule ? (
        <div>
          <Why of={detail} />
        </div>
      ) : (
        <p>
          <RecordText of={detail} />
        </p>
      )}
      {rule && (
        <p>
          {t.decidedBy} <RuleLink rule={rule} cluster={event.cluster_id} />
        </p>
      )}
      <Facts of={rows.filter(([, value]) => Boolean(value))} />
      <h3>{t.raw}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long record is scrolled by keyboard */}
      <pre className="raw" tabIndex={0}>
        {JSON.stringify(event.detail, null, 2)}
      </pre>
    </Dialog>
  );
}
