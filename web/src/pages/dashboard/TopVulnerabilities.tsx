import { Link } from "@tanstack/react-router";

import { asOne, useGet } from "../../api/query";
import { useWithin } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { Severity } from "../../ui/Severity";
import { firstOf } from "./firstOf";
import { dashboardText } from "./text";

const SHOWN = 6;
const EVERY_MS = 30_000;
const PATH = "/v1/fed/vulnerabilities";

/** What is exploited already, then what is most likely to be; where nothing is known of that,
 * the gravest. */
export function TopVulnerabilities() {
  const t = useText(dashboardText);
  const format = useFormat();
  const fleet = useWithin();
  const order = { ...fleet, sort: "epss", order: "desc", limit: SHOWN };
  const exploited = useGet(PATH, { query: { ...order, kev: true }, every: EVERY_MS });
  const likely = useGet(PATH, { query: order, every: EVERY_MS });
  const ranked =
    exploited.data &&
    likely.data &&
    firstOf(
      SHOWN,
      exploited.data.vulnerabilities,
      likely.data.vulnerabilities.filter((one) => one.epss != null),
    );
  const enabled = ranked !== undefined && ranked.length < SHOWN;
  const gravest = useGet(PATH, { query: { ...fleet, limit: SHOWN }, every: EVERY_MS, enabled });
  const data = enabled
    ? gravest.data && firstOf(SHOWN, ranked, gravest.data.vulnerabilities)
    : ranked;
  const query = asOne(data, [exploited, likely, ...(enabled ? [gravest] : [])]);
  return (
    <Card
      title={t.topVulnerabilities}
      half
      actions={
        <Link to={"/vulnerabilities" as never} search={{ sort: "-epss" } as never}>
          {t.allVulnerabilities}
        </Link>
      }
    >
      <Loaded query={query} what={t.topVulnerabilities} lines={SHOWN}>
        {(vulnerabilities) =>
          vulnerabilities.length === 0 ? (
            <p className="hint">{t.noVulnerabilities}</p>
          ) : (
            <ol className="ranked">
              {vulnerabilities.map((one) => (
                <li key={one.name}>
                  <span>
                    <Link
                      to={"/vulnerabilities" as never}
                      search={{ q: one.name, open: one.name } as never}
                    >
                      {one.name}
                    </Link>{" "}
                    {one.kev && <span className="count critical">{t.exploited}</span>}
                  </span>
                  <span className="hint">
                    {one.epss == null ? t.noEpss : t.epss(format.percent(one.epss))}
                    {" · "}
                    {t.inImages(one.images, format.number(one.images))}
                  </span>
                  <Severity of={one.severity} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
