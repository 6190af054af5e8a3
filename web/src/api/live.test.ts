import { expect, it } from "vitest";

import { isTold, listsOf } from "./live";

it("reads the lists of a message, and nothing in a heartbeat", () => {
  expect(listsOf('event: changed\ndata: {"lists":["events","rules"]}')).toEqual([
    "events",
    "rules",
  ]);
  expect(listsOf(":")).toEqual([]);
  expect(listsOf('event: ready\ndata: {"lists":[]}')).toEqual([]);
});

it("knows which calls are told of", () => {
  expect(isTold("/v1/fed/events")).toBe(true);
  expect(isTold("/v1/scan/registry/{name}")).toBe(true);
  expect(isTold("/v1/selfuser")).toBe(false);
});
