import { Link } from "@tanstack/react-router";

import type { Schema } from "../../api/client";
import { useGet } from "../../api/query";
import { useWithin } from "../../routing/search";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { ImageLink } from "../images/ImageLink";
import { useWorstImages } from "../images/images";
import { hasFindings } from "../images/selection";
import { dashboardText } from "./text";

const SHOWN = 6;
const EVERY_MS = 10_000;

/** The images with the gravest findings: of the registries, or that run in the clusters in scope. */
export function Exposure() {
  const { cluster, cluster_selector: selector, namespace } = useWithin();
  return cluster || selector || namespace ? <OfClusters /> : <OfRegistries />;
}

/** Of what nobody looked into, nobody knows. */
function isExposed(image: Schema<"FedImage">): boolean {
  return !image.scanned || hasFindings(image);
}

function OfClusters() {
  const t = useText(dashboardText);
  const query = useGet("/v1/fed/images", {
    query: { ...useWithin(), sort: "severity", order: "desc", limit: SHOWN },
    every: EVERY_MS,
  });
  const all = (
    <Link to={"/images" as never} search={{ tab: "running" } as never}>
      {t.allImages}
    </Link>
  );
  return (
    <Card title={t.exposure} half actions={all}>
      <Loaded query={query} what={t.exposure} lines={SHOWN}>
        {({ images }) =>
          images.length === 0 ? (
            <p className="hint">{t.exposureNowhere}</p>
          ) : !images.some(isExposed) ? (
            <p className="hint">{t.exposureClean}</p>
          ) : (
            <ol className="exposed">
              {images.filter(isExposed).map((image) => (
                <li key={`${image.name} ${image.image_id}`}>
                  <ImageLink id={image.scanned ? image.image_id : undefined}>
                    {image.name || image.image_id.slice(0, 12)}
                  </ImageLink>
                  <Link
                    className="hint"
                    to={"/workloads" as never}
                    search={{ image: image.name } as never}
                  >
                    {t.workloads(image.workloads)}
                  </Link>
                  {image.scanned ? (
                    <SeverityCounts
                      critical={image.critical}
                      high={image.high}
                      medium={image.medium}
                    />
                  ) : (
                    <span className="hint">{t.unscanned}</span>
                  )}
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}

function OfRegistries() {
  const t = useText(dashboardText);
  const query = useWorstImages(SHOWN);
  return (
    <Card title={t.exposure} half actions={<Link to={"/images" as never}>{t.allImages}</Link>}>
      <Loaded query={query} what={t.exposure} lines={SHOWN}>
        {(images) =>
          images.length === 0 ? (
            <p className="hint">
              {t.exposureNone} {t.exposureHint}
            </p>
          ) : !images.some(hasFindings) ? (
            <p className="hint">{t.exposureClean}</p>
          ) : (
            <ol className="exposed">
              {images.filter(hasFindings).map((image) => (
                <li key={`${image.registry}/${image.repository}:${image.tag}`}>
                  <Link
                    to={"/images/$registry/$id" as never}
                    params={{ registry: image.registry, id: image.image_id } as never}
                  >
                    {image.repository}:{image.tag}
                  </Link>
                  <Link
                    className="hint"
                    to={"/registries/$name" as never}
                    params={{ name: image.registry } as never}
                  >
                    {image.registry}
                  </Link>
                  <SeverityCounts
                    critical={image.critical}
                    high={image.high}
                    medium={image.medium}
                  />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
