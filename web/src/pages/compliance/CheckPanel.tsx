import { Link } from "@tanstack/react-router";

import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Page";
import { ImageLink } from "../images/ImageLink";
import { type FailedCheck, numberOf } from "./Compliance";
import { useCheckText } from "./checkText";
import { complianceText } from "./text";

/** All that is known of a check that an image does not pass. */
export function CheckPanel({ of, onClose }: { of: FailedCheck; onClose: () => void }) {
  const t = useText(complianceText);
  const w = useText(words);
  const format = useFormat();
  const { description, remediation } = useCheckText()(of);
  return (
    <Dialog title={`${of.test_number} ${description}`} place="side" onClose={onClose}>
      <Facts
        of={[
          [
            t.image,
            <ImageLink key="i" id={of.image_id}>
              {of.image || of.image_id}
            </ImageLink>,
          ],
          [t.profile, t.level(numberOf(of.profile))],
          [t.scored, of.scored ? w.yes : w.no],
          [t.clusters, format.number(of.clusters)],
          [
            t.workloads,
            of.image ? (
              <Link key="w" to={"/workloads" as never} search={{ image: of.image } as never}>
                {format.number(of.workloads)}
              </Link>
            ) : (
              format.number(of.workloads)
            ),
          ],
          [t.scanned, format.moment(of.scanned_at)],
        ]}
      />
      {remediation && (
        <>
          <h3>{t.remediation}</h3>
          <p>{remediation}</p>
        </>
      )}
      {of.message.length > 0 && (
        <>
          <h3>{t.about}</h3>
          {of.messages > of.message.length && (
            <p className="hint">
              {t.more(format.number(of.message.length), format.number(of.messages))}
            </p>
          )}
          <ul>
            {[...new Set(of.message)].map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
