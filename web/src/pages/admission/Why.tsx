import { Link } from "@tanstack/react-router";
import { Fragment } from "react";

import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import type { DenyRecord } from "./deciding";
import { useCriterionText } from "./sentence";
import { admissionText } from "./text";

const CVE = /^CVE-\d{4}-\d+$/;

/** Why admission control decided so: what the rule asks for and what met it. Records of older
 * agents and of other decisions have nothing but a message. */
export function Why({ of }: { of: DenyRecord }) {
  const t = useText(admissionText);
  const format = useFormat();
  const sentence = useCriterionText();
  const criteria = of.admission_criteria ?? [];
  const evidence = of.admission_evidence ?? [];
  const more = (of.admission_evidence_count ?? 0) - evidence.length;
  const unscanned = of.unscanned_images ?? [];
  if (!of.admission_rule_id || criteria.length === 0) return <>{of.message}</>;
  return (
    <>
      {criteria.map((one) => {
        const text = sentence(one);
        return (
          <span key={text} className="tag">
            {text}
          </span>
        );
      })}
      {evidence.length > 0 && (
        <span className="sub">
          {t.met}{" "}
          {evidence.map((one, at) => (
            <Fragment key={one}>
              {at > 0 && ", "}
              {CVE.test(one) ? (
                <Link
                  className="one-line"
                  to={"/vulnerabilities" as never}
                  search={{ open: one } as never}
                >
                  {one}
                </Link>
              ) : (
                one
              )}
            </Fragment>
          ))}
          {more > 0 && ` ${t.metMore(format.number(more))}`}
        </span>
      )}
      {of.container && <span className="sub">{t.inContainer(of.container)}</span>}
      {unscanned.length > 0 && <span className="sub">{t.notScanned(format.list(unscanned))}</span>}
    </>
  );
}
