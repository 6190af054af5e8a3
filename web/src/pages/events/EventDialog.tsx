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
import { rawOf } from "./raw";
import { type Detail, Level, useEventName } from "./record";
import { eventsText } from "./text";

/** A record of any log. */
interface Told {
  name?: string;
  level?: string;
  reported_at?: string;
  /** Empty where only its name is known. */
  cluster_id: string;
  cluster_name: string;
  /** Its number among those of its cluster, where it has one. */
  seq?: number;
  detail: unknown;
}

/** All that a record says. */
export function EventDialog({ event, onClose }: { event: Told; onClose: () => void }) {
  const t = useText(eventsText);
  const format = useFormat();
  const name = useEventName();
  const clusterName = useClusterName();
  const detail = event.detail as Detail;
  const rule = denyRuleOf(detail);
  const rows: [string, ReactNode][] = [
    [t.cluster, <ClusterOf key="c" record={event} name={clusterName} />],
    [t.time, format.moment(event.reported_at ?? "")],
    [t.number, event.seq !== undefined && format.number(event.seq)],
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
      {rule && (rule.federal || event.cluster_id) && (
        <p>
          {t.decidedBy} <RuleLink rule={rule} cluster={event.cluster_id} />
        </p>
      )}
      <Facts of={rows.filter(([, value]) => Boolean(value))} />
      <h3>{t.raw}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long record is scrolled by keyboard */}
      <pre className="raw" tabIndex={0}>
        {rawOf(event.detail)}
      </pre>
    </Dialog>
  );
}
