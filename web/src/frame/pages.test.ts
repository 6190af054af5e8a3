import { expect, it } from "vitest";

import { PAGES, pageAt } from "./pages";

it("leads to each page by a key and a path of its own", () => {
  for (const field of ["key", "to", "id"] as const) {
    const values = PAGES.map((page) => page[field]);
    expect(values, field).toEqual([...new Set(values)]);
  }
});

it.each([
  ["/", "dashboard"],
  ["/groups", "groups"],
  ["/registries/hub/images", "registries"],
  ["/api-keys", "apiKeys"],
  ["/rollouts", undefined],
  ["/groups-of-somebody", undefined],
])("knows to which page %s belongs: %s", (path, id) => expect(pageAt(path)?.id).toBe(id));
