// The part of the fleet that one looks at: clusters, labels and namespaces, in the URL.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { create, imagePage, remove } from "./api";
import { row, settled, signedIn, signIn, type Visit, visit } from "./browser";
import { denied, denying } from "./denied";
import { until } from "./shop";

const stamp = Date.now().toString(36);
/** Of the federation, and of nobody else in these tests. */
const RULE = 100_902;

describe("namespaces", () => {
  let page: Page;
  let relent: () => Promise<void>;
  signedIn((seen) => {
    page = seen.page;
  });
  beforeAll(async () => {
    relent = await denying(RULE, `scope ${stamp}`);
    await denied(`scoped-${stamp}`);
  });
  afterAll(() => relent());

  const switcher = () => page.getByRole("button", { name: /^Scope/ });

  it("are named beside the clusters, by keyboard alone", async () => {
    await page.goto("/denials");
    await row(page, `scoped-${stamp}`).first().waitFor();
    await switcher().focus();
    await page.keyboard.press("Enter");
    const finder = page.getByRole("dialog").getByRole("combobox");
    await finder.waitFor();
    await until("the focus is in it", () => finder.evaluate((one) => one.matches(":focus")));
    await page.keyboard.press("Tab");
    await page.getByRole("dialog").getByLabel("Namespaces").waitFor();
    expect(await page.evaluate(() => document.activeElement?.closest("label")?.textContent)).toBe(
      "Namespaces",
    );
    await page.keyboard.type(`none-${stamp}, other-${stamp}`);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("Nothing fits the filter").waitFor();
    expect(new URL(page.url()).searchParams.get("ns")).toBe(`none-${stamp}, other-${stamp}`);
    await until("the focus is back", () => switcher().evaluate((one) => one.matches(":focus")));
  });

  it("stay from page to page, and pages that do not follow say so", async () => {
    await page.getByRole("link", { name: "Workloads", exact: true }).click();
    await page.getByText(`Limited to the namespaces: none-${stamp}, other-${stamp}.`).waitFor();
    await page.getByRole("link", { name: "Groups", exact: true }).click();
    await page.getByText("This page is about all namespaces, whatever the scope.").waitFor();
  });

  it("are gone for good by one button", async () => {
    await page.goto(`/denials?ns=shop,none-${stamp}`);
    await row(page, `scoped-${stamp}`).first().waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await until("no namespace is asked for", async () => !page.url().includes("ns="));
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await settled(page);
    expect(page.url()).not.toContain("ns=");
  });
});

describe("a selector of labels", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("says how many clusters it selects, as the primary counts them", async () => {
    await page.goto("/groups?open=new");
    const field = page.getByLabel("For the clusters");
    await page.getByText("Now 2 of 2 clusters.").waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await field.fill("no=such-label");
    await page.getByText("Now 0 of 2 clusters.").waitFor();
    const members = asked.filter((url) => url.includes("/v1/fed/member"));
    expect(members.length).toBeGreaterThan(0);
    expect(members.filter((url) => !url.includes("limit=1"))).toEqual([]);
    // What is no selector is said to be none before somebody saves it.
    await field.fill("env in (prod");
    const alerts = page.getByRole("dialog").getByRole("alert");
    await alerts.waitFor();
    // Nor is it sent, to be refused once more.
    await page.getByRole("button", { name: "Save" }).click();
    expect(await field.evaluate((one) => one.matches(":invalid"))).toBe(true);
    expect(await alerts.count()).toBe(1);
    await field.fill("env=prod");
    await alerts.waitFor({ state: "detached" });
  });
});

describe.each([1280, 390])("at %i px", (width) => {
  let seen: Visit;
  beforeAll(async () => {
    seen = await visit({ width });
    await signIn(seen.page);
  });
  afterAll(() => seen.close());

  it("the parts of an image are all in sight, in one row where there is room", async () => {
    const { page } = seen;
    await page.goto(`${await imagePage("shop/orders", "v1")}?tab=config`);
    const tabs = page.getByRole("navigation", { name: "Images", exact: true });
    const links = tabs.getByRole("link");
    await settled(page);
    const boxes = () =>
      links.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect));
    const row = await tabs.boundingBox();
    const end = (row?.x ?? 0) + (row?.width ?? 0) + 1;
    const start = (row?.x ?? 0) - 1;
    await until("all are in sight", async () =>
      (await boxes()).every(({ left, right }) => left >= start && right <= end),
    );
    const all = await boxes();
    expect(all).toHaveLength(9);
    if (width > 1_000) expect(new Set(all.map(({ top }) => Math.round(top))).size).toBe(1);
  });
});

describe("records", () => {
  let page: Page;
  signedIn(
    (seen) => {
      page = seen.page;
    },
    { language: "zh-CN" },
  );

  it.each(["/events", "/audit?tab=event"])("are told in Chinese at %s", async (path) => {
    // The newest are on the page, whatever happened before.
    const name = `fed.told-${stamp}`;
    const criteria = [{ key: "service", op: "=", value: "roaster" }];
    await create("/v1/group", { config: { name, cfg_type: "federal", criteria } });
    await remove(`/v1/group/${name}`);
    await page.goto(path);
    await page
      .getByText(/^admin，来自 127\.0\.0\.1$/)
      .first()
      .waitFor();
    await page
      .getByText(/^admin (创建|更改|开始|删除)了/)
      .first()
      .waitFor();
  });
});
