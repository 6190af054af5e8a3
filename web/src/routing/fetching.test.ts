import { afterEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../api/error";
import { fetching, fetchNow } from "./fetching";

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

describe("a part that is needed now and cannot be fetched", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const gone = () => Promise.reject(new Error("Unable to preload CSS for /b-7c.css"));

  it("where the primary is not answered, is said to be so", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve({ ok: false }));
    await expect(fetchNow(gone)).rejects.toEqual(new ApiError(0, 0, ""));
  });

  it("where the primary was upgraded, is loaded with all of the portal, and that once", async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("fetch", () => Promise.resolve({ ok: true }));
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    });
    await new Promise<void>((reload) => {
      vi.stubGlobal("location", { reload });
      void fetchNow(gone);
    });
    await expect(fetchNow(gone)).rejects.toThrow(/b-7c/);
  });
});
