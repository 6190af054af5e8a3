import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { State } from "../../ui/State";
import type { Cluster } from "./members";
import { clustersText } from "./text";

/** Until when the certificate holds that a cluster shows; it renews it while it is connected. */
export function Certificate({ of }: { of: Cluster }) {
  const t = useText(clustersText);
  const format = useFormat();
  const until = of.certificate_expires_at;
  if (!until) return "–";
  const ended = Date.parse(until) < timeNow();
  const text = format.moment(until);
  return (
    <State tone={ended ? "bad" : "good"}>
      {ended ? t.certificateEnded(text) : t.certificateUntil(text)}
    </State>
  );
}
