// Whether the checks say anything: only images that were scanned are checked.

import { asOne, useGet } from "../../api/query";
import type { Within } from "../../routing/search";

/** What was checked of that which runs. */
export type Coverage = "nothing runs" | "nothing scanned" | "some scanned" | "all scanned";

/** How much was checked, by whether scanned images run and whether others do. */
export function coverageOf(scanned: boolean, unscanned: boolean): Coverage {
  if (scanned) return unscanned ? "some scanned" : "all scanned";
  return unscanned ? "nothing scanned" : "nothing runs";
}

const EVERY_MS = 30_000;

/** How much of what runs in some clusters was checked. */
export function useCoverage(within: Within) {
  const of = (scanned: boolean) => ({ query: { ...within, scanned, limit: 1 }, every: EVERY_MS });
  const scanned = useGet("/v1/fed/images", of(true));
  const unscanned = useGet("/v1/fed/images", of(false));
  const data =
    scanned.data &&
    unscanned.data &&
    coverageOf(scanned.data.images.length > 0, unscanned.data.images.length > 0);
  return asOne(data, [scanned, unscanned]);
}
