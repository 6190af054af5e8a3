import { describe, expect, it } from "vitest";

import {
  clusterInScope,
  fleetQuery,
  keepScope,
  listQuery,
  namespacesInScope,
  objectQuery,
  parseSearch,
  readSearch,
  type Search,
  selectorInScope,
  writeSearch,
} from "./search";

describe("state in the URL", () => {
  it("survives a round trip, whatever stands in it", () => {
    const search = { scope: "c:4f", q: "a&b=c, 100 % ü", sort: "-name" };
    expect(readSearch(parseSearch(writeSearch(search)))).toEqual(search);
  });

  it("drops what is empty and what no page knows", () => {
    expect(writeSearch({ q: "", sort: undefined, colour: "red" })).toBe("");
  });

  it.each([
    [{ scope: "c:4f" }, {}],
    [{}, { scope: "fed" }],
    [{ scope: "l:env=prod" }, { scope: "fed", cluster_selector: "env=prod" }],
  ])("objects in scope %j are asked for with %j", (search, query) => {
    expect(objectQuery(search, "name", {})).toEqual(query);
  });

  it.each([
    ["c:4f", "4f"],
    ["all", undefined],
    [undefined, undefined],
  ])("scope %s looks at %s", (scope, cluster) => {
    expect(clusterInScope(readSearch({ scope }))).toBe(cluster);
  });

  it.each([
    ["l:env=prod,region in (eu,us)", "env=prod,region in (eu,us)"],
    ["l:", undefined],
    ["c:4f", undefined],
    [undefined, undefined],
  ])("scope %s selects %s", (scope, selector) => {
    const search = readSearch({ scope });
    expect(selectorInScope(search)).toBe(selector);
    expect(fleetQuery(search).cluster_selector).toBe(selector);
    expect(readSearch(parseSearch(writeSearch(search)))).toEqual(search);
  });
});

describe("namespaces", () => {
  it.each([
    [undefined, undefined],
    [" , ", undefined],
    ["shop", "shop"],
    [" shop ,pay,", "shop,pay"],
  ])("in scope, from %j", (ns, namespace) => {
    const search = readSearch({ ns });
    expect(namespacesInScope(search)).toBe(namespace);
    expect(fleetQuery(search).namespace).toBe(namespace);
  });

  const search = { scope: "c:4f", ns: "shop", q: "a" };
  it.each([
    [{}, { scope: "c:4f", ns: "shop" }],
    [{ open: "7" }, { scope: "c:4f", ns: "shop", open: "7" }],
    [{ scope: "l:env=prod" }, { scope: "l:env=prod", ns: "shop" }],
    [
      { scope: undefined, ns: undefined },
      { scope: undefined, ns: undefined },
    ],
  ])("stay with a link to %j", (wanted, kept) => {
    expect(keepScope({ search, next: () => wanted as Search })).toEqual(kept);
  });
});

describe("queries of lists", () => {
  it.each([
    [{ q: "orders" }, { f_name: "in,orders" }],
    [{ q: "orders,x" }, { f_name: "in,orders" }],
    [{ q: "|" }, {}],
    [{ sort: "name" }, { s_name: "asc" }],
    [{ sort: "-high" }, { s_high: "desc" }],
    [{ type: "deny", q: "" }, { f_rule_type: "deny" }],
  ])("%j asks for %j", (search, query) => {
    expect(listQuery(search, "name", { type: "rule_type" })).toEqual(query);
  });
});
