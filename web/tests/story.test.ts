import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { row, settled, signIn, type Visit, visit } from "./browser";
import { shop, until } from "./shop";
import { review } from "./webhook";

/** What the first view may weigh. */
const FIRST_VIEW_KIB = 225;

const stamp = Date.now().toString(36);
const comment = `no fixable CVEs ${stamp}`;
const pod = `orders-${stamp}`;

describe("a security engineer", () => {
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
  });
  afterAll(() => seen.close());

  it("is told when the password is wrong, and stays where it was wanted", async () => {
    await page.goto("/clusters?sort=name");
    await page.locator("input[name=username]").fill("admin");
    await page.locator("input[name=password]").fill("wrong");
    await page.locator("button[type=submit]").click();
    await page.getByRole("alert").getByText("Wrong user name or password.").waitFor();
    // The refusal is an answer of the server, which browsers write to the console.
    expect(seen.faults.splice(0)).toHaveLength(1);
    await signIn(page, page.url());
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/clusters?sort=name");
  });

  it("sees both clusters synced", async () => {
    for (const name of ["production", "staging"]) {
      await row(page, name).getByText("Synced").waitFor();
    }
  });

  it("loads a first view that is light", async () => {
    const sizes: number[] = [];
    const fresh = await visit();
    const bodies: Promise<void>[] = [];
    fresh.page.on("response", (response) => {
      if (!response.url().endsWith(".js")) return;
      bodies.push(response.body().then((body) => void sizes.push(gzipSync(body).length)));
    });
    await signIn(fresh.page);
    await settled(fresh.page);
    await Promise.all(bodies);
    await fresh.close();
    const kib = sizes.reduce((sum, size) => sum + size, 0) / 1_024;
    process.stdout.write(`first view: ${kib.toFixed(1)} KiB of JavaScript, gzipped\n`);
    expect(kib).toBeLessThan(FIRST_VIEW_KIB);
  });

  it("opens an image and reads its CVEs", async () => {
    await page.goto("/registries/fed.shop");
    await page.getByRole("link", { name: "shop/orders:v1" }).click();
    await page.getByRole("heading", { name: /shop\/orders:v1/ }).waitFor();
    await settled(page);
    const rows = page.locator("[data-row]");
    await rows.nth(3).waitFor();
    const all = await rows.count();
    await page.getByLabel("Severity").selectOption("Critical");
    await until("only critical ones are shown", async () => (await rows.count()) < all);
    expect(await rows.count()).toBeGreaterThan(0);
    await rows.first().getByRole("button").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Fixed in").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    // The keyboard is where it was.
    const focused = page.locator("[data-row] button:focus");
    await until("the row has the focus again", async () => (await focused.count()) === 1);
    // The view is in the address: somebody else sees the same.
    await page.reload();
    await settled(page);
    expect(await page.getByLabel("Severity").inputValue()).toBe("Critical");
    for (const tab of ["Packages", "Layers", "Checks", "Config"]) {
      await page
        .getByRole("main")
        .getByRole("link", { name: new RegExp(`^${tab}`) })
        .click();
      await settled(page);
    }
  });

  it("sees which images a vulnerability is in, from the dashboard on", async () => {
    await page.goto("/");
    const first = page.getByRole("region", { name: "Vulnerabilities to look at first" });
    const link = first.getByRole("link", { name: /^(CVE|DSA)-/ }).first();
    const name = (await link.textContent()) ?? "";
    // Another one may be the first by now.
    await first.getByRole("link", { name, exact: true }).click();
    const panel = page.getByRole("dialog");
    await panel.getByRole("heading", { name }).waitFor();
    await panel
      .getByText(/^shop\//)
      .first()
      .waitFor();
    await panel.getByRole("heading", { name: "Clusters that run it" }).waitFor();
    // Whichever registry has the image, its name leads there.
    const image = panel.getByRole("link", { name: /^shop\// }).first();
    const called = (await image.textContent()) ?? "";
    await image.click();
    await page.getByRole("heading", { name: called }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/images\/fed\.shop\//);
    await page.goBack();
    await panel.getByRole("heading", { name }).waitFor();
    await page.goBack();
    await first.waitFor();
    await page.goto("/registries/fed.shop");
    await page.getByRole("link", { name: "shop/orders:v1" }).click();
    await page.getByRole("heading", { name: /shop\/orders:v1/ }).waitFor();
  });

  it("compares it with the next version", async () => {
    await page.getByRole("link", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Choose an image" }).last().click();
    const dialog = page.getByRole("dialog");
    // By the name of its registry, and by its own.
    await dialog.getByRole("combobox").fill("fed.shop");
    await dialog.getByRole("option", { name: /orders:v2/ }).waitFor();
    await dialog.getByRole("combobox").fill("orders:v2");
    await dialog.getByRole("option", { name: /orders:v2/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText(/The second lacks \d+ of the first/).waitFor();
  });

  it("writes a federated rule that denies images with fixable CVEs", async () => {
    await page.goto("/admission");
    await page.getByRole("button", { name: "New rule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByRole("button", { name: "Add a criterion" }).click();
    await dialog.getByLabel("What is looked at").selectOption("cveHighWithFixCount");
    await dialog.getByLabel("Value").fill("3");
    // What clusters were asked before tells whom it would meet.
    await dialog.getByRole("button", { name: "Try on the last 7 days" }).click();
    await dialog.getByText(/Of \d+ requests it would have denied \d+ more/).waitFor();
    await dialog.getByLabel("For the clusters").fill("!canary");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, comment).waitFor();
    await row(page, comment).getByRole("button").first().click();
    expect(await dialog.getByLabel("For the clusters").inputValue()).toBe("!canary");
    await dialog.getByText(/^\d of \d clusters have applied it/).waitFor();
    await page.keyboard.press("Escape");
    await page.goto("/clusters");
    for (const name of ["production", "staging"]) {
      await row(page, name).getByText("Synced").waitFor();
    }
  });

  it("tries a manifest on staging's rules before applying it", async () => {
    await page.goto("/admission?tab=try");
    await page.locator("main").getByLabel("Cluster").selectOption({ label: "staging" });
    const container = (image: string) =>
      `spec: {containers: [{name: orders, image: "${shop.registry}/shop/${image}"}]}`;
    await page
      .getByLabel("Manifest")
      .fill(
        ["orders:v1", "orders:v2"]
          .map((image, at) =>
            ["apiVersion: v1", "kind: Pod", `metadata: {name: p${at}, namespace: shop}`]
              .concat(container(image))
              .join("\n"),
          )
          .join("\n---\n"),
      );
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("staging would deny 1 of 2").waitFor();
    const denied = page.getByRole("region", { name: "Pod p0" });
    await denied.getByText("Denied", { exact: true }).waitFor();
    await denied.getByRole("listitem").filter({ hasText: "Decides" }).getByRole("link").click();
    // The link opens the rule that decides.
    const rule = page.getByRole("dialog");
    expect(await rule.getByLabel("Comment").inputValue()).toBe(comment);
    await page.keyboard.press("Escape");
    await rule.waitFor({ state: "detached" });
    await page.goto("/admission?tab=try");
    await page.getByLabel("Manifest").fill("kind: [");
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByRole("alert").getByText("The manifest cannot be read").waitFor();
    // The refusal is an answer of the server, which browsers write to the console.
    expect(seen.faults.splice(0)).toHaveLength(1);
  });

  it("sees a denial arrive in the open list of events", async () => {
    await page.goto("/events?name=Admission.Control.Denied");
    await settled(page);
    await until("staging denies orders:v1", async () => !(await review("orders:v1", pod)));
    const denial = row(page, pod).first();
    await denial.getByText("staging").waitFor();
    await denial.getByRole("button").click();
    await page.getByRole("dialog").getByText(pod).first().waitFor();
    await page.goto("/denials?q=orders");
    await row(page, pod).first().getByRole("link", { name: /^Rule/ }).click();
    expect(await page.getByRole("dialog").getByLabel("Comment").inputValue()).toBe(comment);
    await page.goto("/");
    await page.getByText(/^[1-9]\d* in the last 24 hours$/).waitFor();
  });

  it("takes the rule back, by its number", async () => {
    await page.goto("/admission");
    await row(page, comment).getByRole("button").click();
    const dialog = page.getByRole("dialog");
    const id = ((await dialog.getByRole("heading").first().textContent()) ?? "").replace(/\D/g, "");
    await dialog.getByRole("button", { name: "Delete" }).click();
    const confirm = page.getByRole("dialog");
    expect(await confirm.getByRole("button", { name: "Delete" }).isDisabled()).toBe(true);
    await confirm.getByRole("textbox").fill(id);
    await confirm.getByRole("button", { name: "Delete" }).click();
    await row(page, comment).waitFor({ state: "detached" });
    await until("staging admits orders:v1", () => review("orders:v1", `${pod}-after`));
  });

  it("moves a network rule by key and back by dragging", async () => {
    await page.goto("/network");
    await settled(page);
    const order = () =>
      page
        .locator("[data-row]")
        .evaluateAll((rows) =>
          rows
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
            .map((one) => (one as HTMLElement).dataset.row),
        );
    const before = await order();
    const [first, second] = before;
    await page.getByRole("button", { name: `Move rule ${first} down` }).focus();
    await page.keyboard.press("Enter");
    await until("the rule moved down", async () => (await order())[0] === second);
    // The same key goes on from where it is.
    const held = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(held).toBe(`Move rule ${first} down`);
    await page.getByRole("button", { name: "Undo" }).click();
    await until("the move is taken back", async () => (await order())[0] === first);
    await page
      .locator(`[data-row="${first}"] .grip`)
      .dragTo(page.locator(`[data-row="${second}"]`));
    await until("the rule moved down again", async () => (await order())[0] === second);
    await page.getByRole("button", { name: `Move rule ${first} up` }).click();
    await until("the rule is back", async () => (await order())[0] === first);
  });

  it("finds a page by the keyboard alone", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("stag");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "staging" }).waitFor();
    await settled(page);
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await page.getByRole("heading", { name: "Events" }).waitFor();
  });

  it("finds whatever is called so, wherever it is", async () => {
    const find = async (text: string) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("combobox").fill(text);
    };
    await find("shop/orders:v1");
    await page.getByRole("option", { name: /shop\/orders:v1.*Image/ }).click();
    await page
      .getByRole("heading", { name: /orders/ })
      .first()
      .waitFor();
    await settled(page);
    await find("fed.orders");
    await page.getByRole("option", { name: /fed\.orders.*Group/ }).click();
    await page.getByRole("dialog", { name: /fed\.orders/ }).waitFor();
    await page.keyboard.press("Escape");
  });

  it("looks at one cluster alone, and the address says so", async () => {
    await page.goto("/groups");
    await settled(page);
    await page.getByRole("button", { name: /^Scope/ }).click();
    await page.getByRole("dialog").getByRole("combobox").fill("production");
    await page.keyboard.press("Enter");
    await page.getByText("You look at production alone").waitFor();
    expect(new URL(page.url()).searchParams.get("scope")).toMatch(/^c:/);
    await row(page, "fed.orders").waitFor();
    // Links and keys stay with it.
    const scope = () => new URL(page.url()).searchParams.get("scope") ?? "";
    await page.getByRole("navigation", { name: "Pages" }).getByText("Registries").click();
    await page.getByRole("link", { name: "fed.shop" }).click();
    await page.getByRole("heading", { name: "fed.shop" }).waitFor();
    await settled(page);
    expect(scope()).toMatch(/^c:/);
    await page.keyboard.press("g");
    await page.keyboard.press("u");
    await page.getByText("This page is about the whole federation").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await until("all are in scope", async () => scope() === "");
  });

  it("looks at the clusters of labels, narrow and by the keyboard alone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/clusters");
    for (const [selector, count] of [
      ["!nothing", 1],
      ["nothing=here", 0],
    ] as const) {
      const scope = page.getByRole("button", { name: /^Scope/ });
      await scope.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByRole("combobox").fill(selector);
      await page.keyboard.press("Enter");
      await page.getByText(`You look at the clusters with ${selector}.`).waitFor();
      expect(new URL(page.url()).searchParams.get("scope")).toBe(`l:${selector}`);
      await settled(page);
      await until(
        `${selector} selects`,
        async () =>
          (await page.getByRole("link", { name: "staging", exact: true }).count()) === count,
      );
    }
    await page.getByRole("button", { name: "Show all" }).click();
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("reads the API's documentation without another host", async () => {
    await page.goto("/api-reference");
    await page.locator(".opblock-tag[data-tag=federation]").click();
    await page.getByText("/v1/fed/member").first().waitFor();
  });

  it("signs out, and the way back is closed", async () => {
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto("/clusters");
    await page.locator("input[name=username]").waitFor();
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
