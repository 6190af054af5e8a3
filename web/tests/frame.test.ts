// What stands around every page: the account menu, which comes when it is wanted, and the choice
// of what one looks at.

import type { Page, Request } from "playwright-core";
import { describe, expect, it } from "vitest";

import { settled, signedIn, type Visit } from "./browser";
import { until } from "./shop";

describe("the account menu", () => {
  let seen: Visit;
  let page: Page;
  signedIn((visited) => {
    seen = visited;
    page = visited.page;
  });

  const account = () => page.getByRole("button", { name: /^Account/ });
  const focused = () => page.evaluate(() => document.activeElement?.textContent);

  it.each([
    ["Enter", "My profile"],
    ["ArrowDown", "My profile"],
    ["ArrowUp", "Sign out"],
  ])("opens by %s with the focus on “%s”, and gives it back", async (key, first) => {
    await page.goto("/");
    await settled(page);
    await account().focus();
    await page.keyboard.press(key);
    await page.getByRole("menu").waitFor();
    await until("the focus is in it", async () => (await focused()) === first);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await until("the focus is back", () => account().evaluate((one) => one.matches(":focus")));
    expect(await account().getAttribute("aria-expanded")).toBe("false");
  });

  it("changes the theme, opens again, and leads to the profile", async () => {
    await page.goto("/");
    await settled(page);
    await account().click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await until("it is dark", () =>
      page.evaluate(() => getComputedStyle(document.documentElement).colorScheme === "dark"),
    );
    // Until it is gone, a click beside it merely closes it.
    const menu = page.getByRole("menu");
    await menu.waitFor({ state: "detached" });
    await account().click();
    await page.getByRole("menuitemradio", { name: "Dark", checked: true }).waitFor();
    await page.getByRole("menuitemradio", { name: "As the system" }).click();
    await menu.waitFor({ state: "detached" });
    await account().click();
    await page.getByRole("menuitem", { name: "My profile" }).click();
    await page.getByRole("heading", { name: "My profile" }).waitFor();
    expect(seen.faults).toEqual([]);
  });

  it("comes with the portal of another version, where its own file is gone", async () => {
    await page.goto("/");
    await settled(page);
    let isAnew = false;
    page.once("framenavigated", () => {
      isAnew = true;
    });
    await page.route("**/AccountMenu-*.js", (route) =>
      isAnew ? route.continue() : route.fulfill({ status: 404 }),
    );
    await account().click();
    await until("the portal is loaded anew", async () => isAnew);
    await settled(page);
    await account().click();
    await page.getByRole("menuitem", { name: "My profile" }).waitFor();
    seen.faults.length = 0;
  });

  it("so does what charts are drawn with", async () => {
    let documents = 0;
    const counted = (request: Request) => {
      if (request.isNavigationRequest()) documents += 1;
    };
    page.on("request", counted);
    await page.route("**/TimeChart-*.js", (route) =>
      documents > 1 ? route.continue() : route.fulfill({ status: 404 }),
    );
    await page.goto("/events", { waitUntil: "commit" });
    await page.locator("figure.chart").waitFor();
    expect(documents).toBe(2);
    page.off("request", counted);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    seen.faults.length = 0;
  });
});

describe("the way to everything by its name", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("offers what was found no longer than it is searched for", async () => {
    await page.goto("/");
    await settled(page);
    await page.keyboard.press("Control+k");
    const dialog = page.getByRole("dialog");
    const group = dialog.getByRole("option", { name: /^fed\.orders/ }).first();
    await dialog.getByRole("combobox").fill("fed.o");
    await group.waitFor();
    await dialog.getByRole("combobox").fill("f");
    await group.waitFor({ state: "detached" });
  });
});

describe("the choice of clusters", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("is found and counted by the primary, and never reads all members", async () => {
    await page.goto("/groups");
    await settled(page);
    const asked: URL[] = [];
    page.on("request", (request) => asked.push(new URL(request.url())));
    await page.getByRole("button", { name: /^Scope/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("option", { name: /^production/ }).waitFor();
    await dialog.getByRole("combobox").fill("STAG");
    await dialog.getByRole("option", { name: /^production/ }).waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.getByText("You look at staging alone").waitFor();
    const members = asked.filter(({ pathname }) => pathname === "/v1/fed/member");
    const found = members.filter(({ searchParams }) => searchParams.get("find") === "STAG");
    expect(found.length).toBeGreaterThan(0);
    const bounded = ({ searchParams }: URL) =>
      searchParams.has("limit") || searchParams.has("cluster");
    expect(members.filter((url) => !bounded(url)).map(String)).toEqual([]);
  });
});
