import { describe, expect, it } from "vitest";

import { ownerByName, ownerOf, owns } from "./owner";

describe("whose objects are changed", () => {
  it.each([
    [undefined, "federal", undefined, "fed"],
    ["4f", "user_created", "4f", "local"],
  ])("with %s as the scope, those that are %s", (cluster, cfgType, asked, scope) => {
    expect(ownerOf(cluster)).toMatchObject({ cfgType, target: { query: { scope } } });
    expect(ownerOf(cluster).target.cluster).toBe(asked);
  });

  it.each([
    [undefined, "federal", true],
    ["4f", "federal", false],
    ["4f", "ground", false],
    ["4f", "user_created", true],
    ["4f", "learned", true],
  ])("with %s as the scope, what is %s can be changed: %s", (cluster, cfg_type, can) => {
    expect(owns(ownerOf(cluster), { cfg_type })).toBe(can);
  });

  it.each([
    [undefined, "fed.shop", true],
    [undefined, "shop", false],
    ["4f", "shop", true],
    ["4f", "federal-shop", true],
    ["4f", "fed.shop", false],
  ])("with %s as the scope, %s can be a new name: %s", (cluster, name, can) => {
    expect(new RegExp(`^(?:${ownerOf(cluster).pattern})$`, "v").test(name)).toBe(can);
  });

  it("names tell it where nothing else does", () => {
    expect(ownerByName("fed.shop").cfg_type).toBe("federal");
    expect(ownerByName("shop").cfg_type).toBe("user_created");
  });
});
