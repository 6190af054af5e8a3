import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { create, memberId, remove } from "./api";
import { settled, type Visit, visit } from "./browser";

const stamp = Date.now().toString(36);
const password = `Espresso-${stamp}-7`;
const settings = `settings-${stamp}`;

/** Who looks around: a name, a role, and what it is limited to. */
const VISITORS: [name: string, role: string, scope?: object][] = [
  ["reader-of-all", "fedReader"],
  ["delegate", "fedAdmin", { clusters: ["staging"] }],
  ["reader-of-namespaces", "fedReader", { domains: ["shop-*"] }],
  ["admin-of-the-primary", "admin"],
  ["settings-alone", settings],
];

/** Opens each page of the menu and each of its tabs, as somebody does who clicks; gives the pages. */
async function lookAround(page: Page): Promise<string[]> {
  const menu = page.getByRole("navigation", { name: "Pages" });
  const names = await menu.getByRole("link").allTextContents();
  for (const name of names) {
    await menu.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    await settled(page);
    const tabs = page.locator("main .tabs");
    for (const tab of await tabs.getByRole("link").allTextContents()) {
      await tabs.getByRole("link", { name: tab, exact: true }).click();
      await tabs.locator("[aria-current]").getByText(tab, { exact: true }).waitFor();
      await settled(page);
    }
  }
  return names;
}

beforeAll(async () => {
  const permissions = [{ id: "config", read: true, write: true }];
  await create("/v1/user_role", { config: { name: settings, comment: "", permissions } });
});
afterAll(() => remove(`/v1/user_role/${settings}`));

describe.each(VISITORS)("%s, with the role %s", (name, role, access_scope) => {
  const fullname = `${name}-${stamp}`;
  let seen: Visit;
  beforeAll(async () => {
    await create("/v1/user", {
      user: { fullname, username: fullname, password, role, ...(access_scope && { access_scope }) },
    });
    seen = await visit();
  });
  afterAll(async () => {
    await seen.close();
    await remove(`/v1/user/${fullname}`);
  });

  it("is led to no page, and to no part of one, that the primary refuses", async () => {
    const { page } = seen;
    /** Each of them is an event that somebody looks into. */
    const refused: string[] = [];
    page.on("response", (one) => {
      if (one.status() === 403) refused.push(`${one.request().method()} ${one.url()}`);
    });
    await page.goto(`/sign-in?to=/clusters/${await memberId("staging")}`);
    await page.locator("input[name=username]").fill(fullname);
    await page.locator("input[name=password]").fill(password);
    await page.locator("button[type=submit]").click();
    await page.locator("main#content h1").waitFor();
    await settled(page);
    expect(await lookAround(page)).toContain("Dashboard");
    expect(refused).toEqual([]);
  });
});

it("a build pipeline is told that the dashboard is not for it, and asks for nothing", async () => {
  const fullname = `pipeline-${stamp}`;
  await create("/v1/user", { user: { fullname, username: fullname, password, role: "ciops" } });
  const { page, faults, close } = await visit();
  await page.goto("/");
  await page.locator("input[name=username]").fill(fullname);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.getByText("Your role may not read Dashboard.").waitFor();
  await settled(page);
  // A refused call would be one.
  expect(faults).toEqual([]);
  await close();
  await remove(`/v1/user/${fullname}`);
});
