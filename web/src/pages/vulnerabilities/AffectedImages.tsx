import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { get } from "../../api/client";
import { useGet } from "../../api/query";
import { useWithin } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Loaded } from "../../ui/Loaded";
import { ImageLink } from "../images/ImageLink";
import { vulnerabilitiesText } from "./text";

/** Images whose clusters are asked for. */
const PLACED = 20;
/** Images that are shown at most of those that run in scope. */
const MOST = 1_000;

interface Image {
  id: string;
  display_name: string;
}

/** The images of registries that have a vulnerability, and where they run. */
export function AffectedImages({ images }: { images: Image[] }) {
  const fleet = useWithin();
  const places = useQueries({
    queries: images.slice(0, PLACED).map(({ id }) => ({
      queryKey: ["/v1/fed/images", id, fleet],
      queryFn: async () => {
        const query = { ...fleet, image_id: id };
        return (await get("/v1/fed/images", { query })).images;
      },
    })),
  });
  return (
    <ul>
      {images.map((image, at) => {
        const running = places[at]?.data;
        return (
          <li key={image.id}>
            <ImageLink id={image.id}>{image.display_name}</ImageLink>{" "}
            {running && (
              <Runs
                image={running[0]?.name ?? ""}
                clusters={Math.max(0, ...running.map((one) => one.clusters))}
                workloads={running.reduce((sum, one) => sum + one.workloads, 0)}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The images with a vulnerability that run in the clusters in scope. */
export function RunningAffected({ name }: { name: string }) {
  const t = useText(vulnerabilitiesText);
  const query = useGet("/v1/fed/images", {
    query: { ...useWithin(), vulnerability: name, limit: MOST },
  });
  return (
    <Loaded query={query} what={t.affected}>
      {({ images, next }) => (
        <>
          {images.length === 0 && <p className="hint">{t.runsNowhere}</p>}
          <ul>
            {images.map((image) => (
              <li key={`${image.name} ${image.image_id}`}>
                <ImageLink id={image.image_id}>
                  {image.name || image.image_id.slice(0, 12)}
                </ImageLink>{" "}
                {/* The counts are of all clusters, whatever the scope. */}
                {image.name && (
                  <Link
                    className="hint"
                    to={"/workloads" as never}
                    search={{ image: image.name } as never}
                  >
                    {t.workloads}
                  </Link>
                )}
              </li>
            ))}
          </ul>
          {next && <p className="hint">{t.affectedMost}</p>}
        </>
      )}
    </Loaded>
  );
}

interface RunsProps {
  image: string;
  clusters: number;
  workloads: number;
}

/** Where an image runs, in numbers, as the way to the workloads. */
function Runs({ image, clusters, workloads }: RunsProps) {
  const t = useText(vulnerabilitiesText);
  const format = useFormat();
  return (
    <span className="hint">
      {workloads === 0 ? (
        t.runsNowhere
      ) : (
        <Link to={"/workloads" as never} search={{ image } as never}>
          {t.runs(format.number(clusters), format.number(workloads))}
        </Link>
      )}
    </span>
  );
}
