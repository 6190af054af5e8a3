import { afterEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../api/error";
import { fetching } from "./fetching";

describe("a page that cannot be fetched", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const fails = fetching(() => Promise.reject(new Error("Unable to preload CSS for /a-4f.css")));

  it.each([
    ["is not answered", () => Promise.reject(new TypeError("no network"))],
    ["is answered by a gateway", () => Promise.resolve({ ok: false })],
  ])("where the primary %s, waits for it", async (_, fetch) => {
    vi.stubGlobal("fetch", fetch);
    await expect(fails()).rejects.toEqual(new ApiError(0, 0, ""));
  });

  it("where the primary was upgraded, is loaded with all of the portal", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve({ ok: true }));
    await expect(fails()).rejects.toThrow(/^Failed to fetch dynamically imported module: .*a-4f/);
  });

  it("else is there", async () => {
    await expect(fetching(() => Promise.resolve(7))()).resolves.toBe(7);
  });
});
