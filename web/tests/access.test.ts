import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { create, remove } from "./api";
import { row, settled, signedIn, type Visit, visit } from "./browser";
import { until } from "./shop";

const stamp = Date.now().toString(36);
const user = `cashier-${stamp}`;
const role = `counter-${stamp}`;
const key = `till-${stamp}`;
const password = `Espresso-${stamp}-7`;

async function confirm(page: Page, name: string) {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill(name);
  await dialog.getByRole("button", { name: "Remove" }).click();
  await dialog.waitFor({ state: "detached" });
}

describe("an administrator", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("keeps the session where scripts cannot read it", async () => {
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    expect(kept).not.toMatch(/eyJ/);
    const cookies = await page.context().cookies();
    expect(cookies.find((one) => one.name.includes("palisade-session"))).toMatchObject({
      httpOnly: true,
      sameSite: "Strict",
      secure: true,
    });
  });

  it("puts a role together that may only look at images", async () => {
    await page.goto("/roles");
    await page.getByRole("button", { name: "New role" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(role);
    await dialog.getByLabel("Registries and images: look").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, role).getByText("Registries and images").waitFor();
  });

  it("adds a user with that role, who sees the pages of that role alone", async () => {
    await page.goto("/users");
    await page.getByRole("button", { name: "New user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill(user);
    await dialog.getByLabel("Password").fill(password);
    await dialog.getByLabel("Role").selectOption(role);
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, user).waitFor();
    // Who has it can be looked for.
    await page.locator("main .facet").getByLabel("Role").selectOption(role);
    await page.waitForURL((url) => url.searchParams.get("type") === role);
    // Until that is answered, the others are still listed.
    await until("the others are gone", async () => (await row(page, "admin").count()) === 0);
    await row(page, user).waitFor();

    const theirs = await visit();
    const refused: string[] = [];
    theirs.page.on("response", (one) => {
      if (one.status() === 403) refused.push(new URL(one.url()).pathname);
    });
    await theirs.page.goto("/registries");
    await theirs.page.locator("input[name=username]").fill(user);
    await theirs.page.locator("input[name=password]").fill(password);
    await theirs.page.locator("button[type=submit]").click();
    await theirs.page.getByRole("link", { name: "fed.shop" }).waitFor();
    const menu = theirs.page.getByRole("navigation", { name: "Pages" });
    expect(await menu.getByRole("link").allTextContents()).not.toContain("Users");
    expect(await theirs.page.getByRole("button", { name: "New registry" }).count()).toBe(0);
    await theirs.page.goto("/");
    await settled(theirs.page);
    // Each refusal is an event that somebody looks into.
    expect(refused).toEqual([]);
    // A page that the role may not see says so.
    await theirs.page.goto("/users");
    await theirs.page.getByText(/^Your role may not read/).waitFor();

    // Their session is seen, and ended.
    await page.getByRole("button", { name: user }).click();
    await dialog.getByRole("button", { name: "End", exact: true }).first().click();
    await dialog.getByText("Not signed in anywhere.").waitFor();
    await theirs.page.goto("/registries");
    await theirs.page.locator("input[name=username]").waitFor();
    await theirs.close();
  });

  it("limits a reader of the federation to the clusters of a label", async () => {
    const limited = `barista-${stamp}`;
    await page.goto("/users");
    await page.getByRole("button", { name: "New user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill(limited);
    await dialog.getByLabel("Password").fill(password);
    await dialog.getByLabel("Role").selectOption("fedReader");
    await dialog.getByLabel("Clusters by their labels").fill("stamp=none");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, limited).getByText("stamp=none").waitFor();

    const theirs = await visit();
    await theirs.page.goto("/clusters");
    await theirs.page.locator("input[name=username]").fill(limited);
    await theirs.page.locator("input[name=password]").fill(password);
    await theirs.page.locator("button[type=submit]").click();
    await settled(theirs.page);
    expect(await theirs.page.getByText("staging").count()).toBe(0);
    // Their role may read it, and yet it is not for them: what is for all clusters says so.
    await theirs.page.goto("/verifiers");
    await theirs.page.getByText("your role is limited to a part of them").waitFor();
    await theirs.close();
    await page.goto(`/users?open=${limited}`);
    expect(await dialog.getByLabel("Clusters by their labels").inputValue()).toBe("stamp=none");
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await confirm(page, limited);
  });

  it("gives somebody a role in single namespaces, and takes it back", async () => {
    await page.goto(`/users?open=${user}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Add a role" }).click();
    await dialog.getByLabel("Role 1 in single namespaces", { exact: true }).selectOption("reader");
    // A row without namespaces is no role, and nothing to be saved.
    const namespaces = dialog.getByLabel("Namespaces of role 1");
    for (const nothing of ["", " , "]) {
      await namespaces.fill(nothing);
      await dialog.getByRole("button", { name: "Save" }).click();
      expect(await namespaces.evaluate((field) => field.matches(":invalid"))).toBe(true);
    }
    await namespaces.fill("shop-*, till");
    // Beside a limit there are none, and nobody has to find that out by saving.
    await dialog.getByLabel("Clusters by their labels").fill("stamp=none");
    await dialog.getByText("This role stands alone").waitFor();
    await dialog.getByLabel("Clusters by their labels").fill("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, user).getByText("Reader: shop-*, till").waitFor();
    await page.getByRole("button", { name: user }).click();
    expect(await dialog.getByLabel("Namespaces of role 1").inputValue()).toBe("shop-*, till");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, user).getByText("shop-*").waitFor({ state: "detached" });
  });

  it("makes an API key, whose secret is shown once", async () => {
    await page.goto("/api-keys");
    await page.getByRole("button", { name: "New API key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(key);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByText(new RegExp(`^${key}:`)).waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await row(page, key).getByRole("button", { name: "Remove" }).click();
    await confirm(page, key);
    await row(page, key).waitFor({ state: "detached" });
  });

  it("sees the rules of passwords", async () => {
    await page.goto("/system");
    await settled(page);
    expect(
      Number(await page.getByLabel("Characters at least", { exact: true }).inputValue()),
    ).toBeGreaterThan(0);
  });

  it("removes the user and the role again", async () => {
    await page.goto(`/users?open=${user}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await confirm(page, user);
    await page.goto(`/roles?open=${role}`);
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await confirm(page, role);
    await until("the role is gone", async () => (await row(page, role).count()) === 0);
  });
});

describe("a reader of the federation", () => {
  const reader = `auditor-${stamp}`;
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    await create("/v1/user", {
      user: { fullname: reader, username: reader, password, role: "fedReader" },
    });
    seen = await visit();
    page = seen.page;
    await page.goto("/system?open=federation");
    await page.locator("input[name=username]").fill(reader);
    await page.locator("input[name=password]").fill(password);
    await page.locator("button[type=submit]").click();
    await settled(page);
  });
  afterAll(async () => {
    await remove(`/v1/user/${reader}`);
    await seen.close();
  });

  it("sees how the system is set, and is offered no change", async () => {
    const main = page.getByRole("main");
    await main.getByText("signs certificates").waitFor();
    await main.getByRole("switch").first().waitFor();
    for (const one of await main.getByRole("switch").all())
      expect(await one.isDisabled()).toBe(true);
    const offers = main.getByRole("button", { name: /Change|Replace|Give up|Save|Add/ });
    expect(await offers.count()).toBe(0);
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  it.each([
    ["/users", "admin", "User name"],
    ["/groups", "fed.orders", "Comment"],
    ["/roles", "Federation reader", "Name"],
  ])("opens on %s what others change: %s", async (path, name, field) => {
    await page.goto(path);
    await page.getByRole("button", { name, exact: true }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel(field).isDisabled()).toBe(true);
    expect(await dialog.locator("form").getByRole("button").count()).toBe(0);
    expect(seen.faults).toEqual([]);
  });
});
