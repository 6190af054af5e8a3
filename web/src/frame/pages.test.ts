import { expect, it } from "vitest";

import { PAGES } from "./pages";

it("leads to each page by a key and a path of its own", () => {
  for (const field of ["key", "to", "id"] as const) {
    const values = PAGES.map((page) => page[field]);
    expect(values, field).toEqual([...new Set(values)]);
  }
});
