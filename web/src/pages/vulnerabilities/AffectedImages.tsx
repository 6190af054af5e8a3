import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { get } from "../../api/client";
import { useFleet } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { vulnerabilitiesText } from "./text";

/** Images whose clusters are asked for. */
const PLACED = 20;

interface Image {
  id: string;
  display_name: string;
}

/** The images that have a vulnerability, and how many clusters run each. */
export function AffectedImages({ images }: { images: Image[] }) {
  const t = useText(vulnerabilitiesText);
  const format = useFormat();
  const fleet = useFleet();
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
        const clusters = Math.max(0, ...(running ?? []).map((one) => one.clusters));
        const workloads = (running ?? []).reduce((sum, one) => sum + one.workloads, 0);
        return (
          <li key={image.id}>
            {image.display_name}{" "}
            {running && (
              <span className="hint">
                {workloads === 0 ? (
                  t.runsNowhere
                ) : (
                  <Link to={"/workloads" as never} search={{ image: running[0]?.name } as never}>
                    {t.runs(format.number(clusters), format.number(workloads))}
                  </Link>
                )}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
