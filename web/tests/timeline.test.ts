import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { row, settled, signIn, type Visit, visit } from "./browser";
import { denied, denying } from "./denied";
import { until } from "./shop";

const stamp = Date.now().toString(36);
/** Of the federation, and of nobody else in these tests. */
const RULE = 100_903;

describe("a timeline of denials", () => {
  let seen: Visit;
  let page: Page;
  let relent: () => Promise<void>;
  beforeAll(async () => {
    relent = await denying(RULE, `timeline ${stamp}`);
    seen = await visit();
    page = seen.page;
    await signIn(page);
    await denied(`time-${stamp}`);
  });
  afterAll(async () => {
    await relent();
    await seen.close();
  });

  it("is counted by the primary, and leads to what a bar stands for", async () => {
    await page.goto("/denials?cluster=staging");
    await row(page, `time-${stamp}`).first().waitFor();
    // What the page says is what the primary counted last.
    let total = 0;
    page.on("response", (one) => {
      if (!one.url().includes("/v1/fed/denials/timeline?")) return;
      const counted = one.json() as Promise<{ total: number }>;
      // Of a page that is left nobody reads the answer any more.
      counted.then((now) => (total = now.total)).catch(() => undefined);
    });
    await page.goto("/denials?days=1");
    await until("the page says what was counted", async () => {
      const said = page.getByText(new RegExp(`^${total} in the last 24 hours`));
      return total > 0 && (await said.count()) === 1;
    });
    await settled(page);

    // The newest bar is the last one.
    const bars = page.locator(".u-over");
    const box = await bars.boundingBox();
    if (!box) throw new Error("there is no chart");
    const asked = page.waitForRequest(
      (one) => one.url().includes("/v1/fed/denials?") && one.url().includes("until="),
    );
    await bars.click({ position: { x: box.width - 6, y: box.height - 6 } });
    const bounds = new URL((await asked).url()).searchParams;
    expect(Number(bounds.get("until")) - Number(bounds.get("since"))).toBe(3_600);
    expect(new URL(page.url()).searchParams.get("since")).toBe(bounds.get("since"));
    await row(page, `time-${stamp}`).first().waitFor();

    // A link shows the same, and there is a way back.
    await page.reload();
    await settled(page);
    await row(page, `time-${stamp}`).first().waitFor();
    await page.getByRole("button", { name: "Show any time" }).click();
    await page.waitForURL((url) => !url.searchParams.has("since"));
  });

  it("is a table for who cannot see it, which leads there by keyboard", async () => {
    await page.goto("/denials?days=1");
    await settled(page);
    await page.getByText("As a table").focus();
    await page.keyboard.press("Enter");
    const row = page.locator(".chart tbody button").last();
    await row.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.has("until"));
  });

  it("stands on the dashboard, and leads to the list", async () => {
    await page.goto("/");
    await settled(page);
    const card = page.getByRole("region", { name: "Denials" });
    await card.getByText("As a table").click();
    await card.locator("tbody button").last().click();
    await page.waitForURL(/\/denials\?.*since=\d+/);
    await row(page, `time-${stamp}`).first().waitFor();
  });
});
