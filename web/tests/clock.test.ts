// A browser whose clock is far off.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { row, settled, signIn, type Visit, visit } from "./browser";
import { denied, denying } from "./denied";

const stamp = Date.now().toString(36);
/** Of the federation, and of nobody else in these tests. */
const RULE = 100_904;
const DAY_MS = 86_400_000;

describe.each([
  ["ahead", 3],
  ["behind", -400],
])("with its clock %s", (which, days) => {
  const workload = `clock-${which}-${stamp}`;
  let seen: Visit;
  let page: Page;
  let relent: () => Promise<void>;
  beforeAll(async () => {
    relent = await denying(RULE, workload);
    await denied(workload);
    seen = await visit();
    page = seen.page;
    await page.clock.setSystemTime(new Date(Date.now() + days * DAY_MS));
    await signIn(page);
  });
  afterAll(async () => {
    await relent();
    await seen.close();
  });

  it("sees the last hours as the primary has them, and how long ago things were", async () => {
    await page.goto("/denials?days=1");
    await settled(page);
    const line = row(page, workload).first();
    await line.waitFor();
    expect(await line.textContent()).toMatch(/now|second|minute/);
    // The timeline is counted by itself: it may have been so before the denial was told.
    await page.getByText(/^[1-9]\d* in the last/).waitFor();
  });
});
