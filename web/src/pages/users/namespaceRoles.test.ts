import { describe, expect, it } from "vitest";

import { draftOfRoles, rolesOf } from "./namespaceRoles";

describe("roles in single namespaces", () => {
  it.each([[{}], [{ reader: ["shop"] }], [{ admin: ["shop-*", "till"], auditor: ["books"] }]])(
    "%j are typed and sent alike",
    (domains) => {
      expect(rolesOf(draftOfRoles(domains))).toEqual(domains);
    },
  );

  it("are read from what is typed", () => {
    const row = (role: string, namespaces: string) => ({ role, namespaces });
    expect(rolesOf([row("reader", " a ,, b,"), row("admin", " ")])).toEqual({ reader: ["a", "b"] });
    expect(rolesOf([row("reader", "a"), row("reader", "b")])).toEqual({ reader: ["a", "b"] });
  });

  it("may be none", () => expect(draftOfRoles(undefined)).toEqual([]));
});
