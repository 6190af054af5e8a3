import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { row, settled, signIn, type Visit, visit } from "./browser";
import { denied, denying } from "./denied";
import { until } from "./shop";

const stamp = Date.now().toString(36);
/** Of the federation, and of nobody else in these tests. */
const RULE = 100_901;
/** Without a stream, the list of events is read every two seconds. */
const QUIET_MS = 7_000;

/** How often the list of events is read while nothing happens. */
async function readings(page: Page): Promise<number> {
  let count = 0;
  const counted = (request: { url: () => string }) => {
    if (isReading(request)) count += 1;
  };
  page.on("request", counted);
  await page.waitForTimeout(QUIET_MS);
  page.off("request", counted);
  return count;
}

function isReading(request: { url: () => string }): boolean {
  return request.url().includes("/v1/fed/events");
}

describe("an open list of events", () => {
  let seen: Visit;
  let page: Page;
  let relent: () => Promise<void>;
  beforeAll(async () => {
    relent = await denying(RULE, `live ${stamp}`);
    seen = await visit();
    page = seen.page;
    await signIn(page);
  });
  afterAll(async () => {
    await relent();
    await seen.close();
  });

  it("is told of a denial, and does not ask for it", async () => {
    const stream = page.waitForResponse((response) => response.url().includes("/v1/fed/stream"));
    await page.goto("/events?name=Admission.Control.Denied");
    expect((await stream).status()).toBe(200);
    await settled(page);
    await page.getByText("Live", { exact: true }).waitFor();
    // What other tests did may still be told.
    await until("nothing happens any more", async () => (await readings(page)) <= 1, 60);
    await denied(`live-${stamp}`);
    await row(page, `live-${stamp}`).first().waitFor();
  });

  it("asks again where the stream does not come through", async () => {
    await page.route("**/v1/fed/stream", (route) => route.abort());
    await page.goto("/events");
    await settled(page);
    await page.getByText("Asked every few seconds").waitFor();
    await page.waitForRequest(isReading);
    await page.waitForRequest(isReading);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});

describe("what runs in the clusters", () => {
  let seen: Visit;
  beforeAll(async () => {
    seen = await visit();
    await signIn(seen.page);
  });
  afterAll(() => seen.close());

  it("is read again and again, since no change tells of it", async () => {
    const context = seen.page.context();
    const lists = [
      ["/workloads", "**/v1/fed/workloads?*"],
      ["/images?tab=running", "**/v1/fed/images?*"],
      ["/compliance", "**/v1/fed/compliance?*"],
    ] as const;
    await Promise.all(
      lists.map(async ([path, call]) => {
        const page = await context.newPage();
        let asked = 0;
        await page.route(call, (route) => {
          asked += 1;
          return route.continue();
        });
        await page.goto(path);
        await until(`${path} is read again`, async () => asked > 2);
        await page.unrouteAll({ behavior: "ignoreErrors" });
        await page.close();
      }),
    );
  });
});
