import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";

import { create, memberId, remove } from "./api";
import { settled, visit } from "./browser";

const stamp = Date.now().toString(36);
const password = `Espresso-${stamp}-7`;
const settings = `settings-${stamp}`;

/** Who looks around: a name, a role, and what it is limited to, or has beside it. */
const VISITORS: [name: string, role: string, more?: object][] = [
  ["reader-of-all", "fedReader"],
  ["delegate", "fedAdmin", { access_scope: { clusters: ["staging"] } }],
  ["reader-of-namespaces", "fedReader", { access_scope: { domains: ["shop-*"] } }],
  ["reader-of-a-namespace", "", { role_domains: { reader: ["shop"] } }],
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
  const permissions = [
    { id: "config", read: true, write: true },
    // Of the logs only one.
    { id: "audit_events", read: true, write: false },
  ];
  await create("/v1/user_role", { config: { name: settings, comment: "", permissions } });
});
afterAll(() => remove(`/v1/user_role/${settings}`));

it.concurrent.for(VISITORS)(
  "%s, with the role %s, is led to no page, and to no part of one, that the primary refuses",
  async ([name, role, more], { expect, onTestFinished }) => {
    const fullname = `${name}-${stamp}`;
    await create("/v1/user", { user: { fullname, username: fullname, password, role, ...more } });
    onTestFinished(() => remove(`/v1/user/${fullname}`));
    const { page, close } = await visit();
    // Who is gone cannot sign out: what comes last here is done first.
    onTestFinished(close);
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
    // Nor by a link that somebody sent, where the menu has none: what is not for them is not even
    // asked for.
    const menu = page.getByRole("navigation", { name: "Pages" });
    for (const path of ["/profile", "/users", "/verifiers", "/history"]) {
      const there = menu.locator(`a[href="${path}"], a[href^="${path}?"]`);
      if ((await there.count()) > 0) continue;
      await page.goto(path);
      await settled(page);
      // Nor while they go on from there, and the next page is still fetched.
      await menu.getByRole("link", { name: "Dashboard", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "Dashboard", exact: true }).waitFor();
      await settled(page);
    }
    expect(refused).toEqual([]);
  },
);

it("a build pipeline is told that the dashboard is not for it, and asks for nothing", async () => {
  const fullname = `pipeline-${stamp}`;
  await create("/v1/user", { user: { fullname, username: fullname, password, role: "ciops" } });
  onTestFinished(() => remove(`/v1/user/${fullname}`));
  const { page, faults, close } = await visit();
  onTestFinished(close);
  await page.goto("/");
  await page.locator("input[name=username]").fill(fullname);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.getByText("Your role may not read Dashboard.").waitFor();
  await settled(page);
  // A refused call would be one.
  expect(faults).toEqual([]);
});

it("whoever reads a namespace alone finds its events, and what they may do there", async () => {
  const fullname = `namespaced-${stamp}`;
  const role_domains = { reader: ["shop"] };
  await create("/v1/user", {
    user: { fullname, username: fullname, password, role: "", role_domains },
  });
  onTestFinished(() => remove(`/v1/user/${fullname}`));
  const { page, faults, close } = await visit();
  onTestFinished(close);
  await page.goto("/");
  await page.locator("input[name=username]").fill(fullname);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.getByRole("region", { name: "Newest events" }).waitFor();
  const menu = page.getByRole("navigation", { name: "Pages" });
  await menu.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("button", { name: "Export as CSV" }).waitFor();
  await page.goto("/profile");
  await page.getByRole("region", { name: "In the namespace shop" }).waitFor();
  await page.locator("main .tag", { hasText: "this one" }).waitFor();
  expect(faults).toEqual([]);
});

it("shows a role as it is to who could not give it", async () => {
  const fullname = `onlooker-${stamp}`;
  await create("/v1/user", { user: { fullname, username: fullname, password, role: "reader" } });
  onTestFinished(() => remove(`/v1/user/${fullname}`));
  const { page, close } = await visit();
  onTestFinished(close);
  await page.goto("/sign-in?to=/users?open=admin");
  await page.locator("input[name=username]").fill(fullname);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  const role = page.getByRole("dialog").getByLabel("Role");
  await role.waitFor();
  await settled(page);
  expect(await role.inputValue()).toBe("fedAdmin");
});
