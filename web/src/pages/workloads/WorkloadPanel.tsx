import { mayAskClusters, useAllowed, useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { ClusterLink } from "../clusters/ClusterLink";
import { ImageLink } from "../images/ImageLink";
import { AssetScan } from "./AssetScan";
import { workloadsText } from "./text";
import type { Workload } from "./Workloads";

/** One container: where it runs, what its image has, and its own scan. */
export function WorkloadPanel({ of, onClose }: { of: Workload; onClose: () => void }) {
  const t = useText(workloadsText);
  const w = useText(words);
  const format = useFormat();
  const may = useMay();
  const asks = useAllowed((self) => mayAskClusters(self, "read"));
  return (
    <Dialog title={of.name || of.id.slice(0, 12)} place="side" onClose={onClose}>
      <Facts
        of={[
          [
            w.cluster,
            <ClusterLink key="c" id={of.cluster_id}>
              {of.cluster_name}
            </ClusterLink>,
          ],
          [t.namespace, of.namespace || "–"],
          [t.pod, of.pod || "–"],
          [t.node, of.host || "–"],
          [
            t.image,
            <ImageLink key="i" id={of.scanned ? of.image_id : undefined}>
              {of.image || of.image_id || "–"}
            </ImageLink>,
          ],
          [
            t.found,
            of.scanned ? (
              <SeverityCounts key="f" critical={of.critical} high={of.high} medium={of.medium} />
            ) : (
              t.unscanned
            ),
          ],
          [t.root, of.run_as_root ? w.yes : w.no],
          [t.started, of.started_at ? format.moment(of.started_at) : "–"],
        ]}
      />
      {asks && may("rt_scan", "read") && (
        <AssetScan of={{ kind: "workload", id: of.id, cluster: of.cluster_id }} />
      )}
    </Dialog>
  );
}
