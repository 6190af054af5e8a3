import { expect, it } from "vitest";

import type { Schema } from "../api/client";
import { isFor, PAGES, pageAt } from "./pages";

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

it("offers whoever reads some namespaces alone what the primary shows of these", () => {
  const ids = ["config", "events", "audit_events", "authorization", "reg_scan", "rt_policy"];
  const permissions = ids.map((id) => ({ id, read: true, write: true }));
  const self = {
    user: { role: "" },
    global_permissions: [],
    domain_permissions: { shop: permissions },
  } as unknown as Schema<"SelfUserData">;
  const offered = PAGES.filter((page) => page.needs && isFor(page, self)).map(({ id }) => id);
  expect(offered).toEqual([
    "registries",
    "images",
    "events",
    "denials",
    "audit",
    "users",
    "apiKeys",
  ]);
});
