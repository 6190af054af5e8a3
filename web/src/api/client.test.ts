import { describe, expect, it } from "vitest";

import { address, fileOf, tagOf } from "./client";
import { ApiError } from "./error";

describe("a file", () => {
  it("comes as it is", async () => {
    expect(await (await fileOf(new Response("a,b"))).text()).toBe("a,b");
  });

  it("that breaks off never came", async () => {
    const body = new ReadableStream({
      pull(stream) {
        stream.error(new TypeError("network error"));
      },
    });
    await expect(fileOf(new Response(body))).rejects.toEqual(new ApiError(0, 0, ""));
  });
});

describe("the address of a call", () => {
  it.each([
    ["/v1/group/{name}", { path: { name: "fed.a/b?c" } }, "/v1/group/fed.a%2Fb%3Fc"],
    ["/v1/group", { query: { scope: "fed", none: undefined, empty: "" } }, "/v1/group?scope=fed"],
    ["/v1/host", { cluster: "4f" }, "/v1/fed/cluster/4f/v1/host"],
  ])("%s with %j", (path, target, to) => {
    expect(address(path, target)).toBe(to);
  });
});

describe("the tag of what a change left", () => {
  it.each([
    [{ etag: '"4f"' }, '"4f"'],
    [{ etag: 'W/"4f"' }, '"4f"'],
    [{}, undefined],
  ])("%j", (headers, tag) => {
    expect(tagOf(new Response(null, { headers }))).toBe(tag);
  });
});
