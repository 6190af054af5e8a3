import { Link } from "@tanstack/react-router";

import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { Card } from "../../ui/Page";
import { SeverityCounts } from "../../ui/Severity";
import { useWorstImages } from "../images/images";
import { dashboardText } from "./text";

const SHOWN = 6;

/** The scanned images with the gravest findings. */
export function Exposure() {
  const t = useText(dashboardText);
  const query = useWorstImages(SHOWN);
  return (
    <Card title={t.exposure} wide actions={<Link to={"/images" as never}>{t.allImages}</Link>}>
      <Loaded query={query} what={t.exposure} lines={SHOWN}>
        {(images) =>
          images.length === 0 ? (
            <p className="hint">
              {t.exposureNone} {t.exposureHint}
            </p>
          ) : (
            <ol className="exposed">
              {images.map((image) => (
                <li key={`${image.registry}/${image.repository}:${image.tag}`}>
                  <Link
                    to={"/images/$registry/$id" as never}
                    params={{ registry: image.registry, id: image.image_id } as never}
                  >
                    {image.repository}:{image.tag}
                  </Link>
                  <span className="hint">{image.registry}</span>
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
