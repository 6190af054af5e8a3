// How the files of the pages come, and what if they do not.

import { lazyRouteComponent } from "@tanstack/react-router";

import { ApiError } from "../api/error";

/** Whether the primary gives out the portal. */
export async function answers(): Promise<boolean> {
  try {
    return (await fetch("/", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** A way to fetch a page that tells apart why one cannot be fetched. */
export function fetching<Page>(load: () => Promise<Page>): () => Promise<Page> {
  return () =>
    load().catch(async (cause: Error) => {
      if (!(await answers())) throw new ApiError(0, 0, "");
      // The primary is of another version by now. By these words the router knows, and loads the
      // whole portal anew, once.
      throw new TypeError(`Failed to fetch dynamically imported module: ${cause.message}`);
    });
}

/** A component that is fetched when it is first shown, be it a page or a part of one. */
export function fetched<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent<Module, Name>(fetching(load), name);
}

/** Fetches what is needed now and is no component. Where the primary is of another version by now,
 * the whole portal is loaded anew, once: what keeps it away then is told. */
export function fetchNow<Part>(load: () => Promise<Part>): Promise<Part> {
  return fetching(load)().catch((cause: Error) => {
    const tried = `palisade.reloaded:${cause.message}`;
    if (cause instanceof ApiError || sessionStorage.getItem(tried)) throw cause;
    sessionStorage.setItem(tried, "1");
    location.reload();
    return new Promise<never>(() => {});
  });
}
