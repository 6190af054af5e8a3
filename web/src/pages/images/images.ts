import { useQueries } from "@tanstack/react-query";

import { get, type Schema } from "../../api/client";
import { asOne, useGet } from "../../api/query";

/** An image with the registry that holds it. */
export type Image = Schema<"RegistryImageSummary"> & { registry: string };

/** Worst first. */
export function byGravity(a: Image, b: Image): number {
  return (
    (b.critical ?? 0) - (a.critical ?? 0) ||
    (b.high ?? 0) - (a.high ?? 0) ||
    (b.medium ?? 0) - (a.medium ?? 0)
  );
}

/** The images with the most findings of all registries. */
export function useWorstImages(limit: number) {
  const registries = useGet("/v1/scan/registry", { every: 10_000 });
  const names = (registries.data?.summarys ?? []).map((one) => one.name ?? "");
  const lists = useQueries({
    queries: names.map((name) => ({
      queryKey: ["worst images", name, limit],
      queryFn: async () => {
        const query = { s_critical: "desc", s_high: "desc", s_medium: "desc", limit };
        const answer = await get("/v1/scan/registry/{name}/images", { path: { name }, query });
        return answer.images.map((image): Image => ({ ...image, registry: name }));
      },
      refetchInterval: 10_000,
    })),
  });
  // A list that failed is passed over, also while it is asked again.
  const ready =
    registries.data && lists.every((list) => list.data || list.errorUpdateCount > 0)
      ? lists.flatMap((list) => list.data ?? [])
      : undefined;
  return asOne(ready?.sort(byGravity).slice(0, limit), [registries, ...lists]);
}
