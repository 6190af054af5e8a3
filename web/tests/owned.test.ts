// What one cluster has of its own is made, changed and removed in the scope of that cluster, beside
// what is federated.

import { readFileSync } from "node:fs";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { memberId } from "./api";
import { row, settled, signIn, type Visit, visit } from "./browser";
import { until } from "./shop";

const stamp = Date.now().toString(36);
const GROUP = `shop-${stamp}`;

describe("in the scope of a cluster,", () => {
  let seen: Visit;
  let page: Page;
  let scope: string;
  let dialog: Locator;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    dialog = page.getByRole("dialog");
    await signIn(page);
    scope = `scope=c:${await memberId("staging")}`;
  });
  afterAll(() => seen.close());

  async function save() {
    await dialog.getByRole("button", { name: /^(Save|Add)$/ }).click();
    await page.getByText("Saved in this cluster alone.").first().waitFor();
  }

  /** Deletes what the dialog shows, by the name that it asks for. */
  async function drop(name: string, action = "Delete") {
    await dialog.getByRole("button", { name: action, exact: true }).click();
    await dialog.getByText("in this cluster alone").waitFor();
    await dialog.getByRole("textbox").fill(name);
    await dialog.getByRole("button", { name: action, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }

  async function open(path: string, text: string) {
    await page.goto(path.includes("?") ? `${path}&${scope}` : `${path}?${scope}`);
    await settled(page);
    await row(page, text).getByRole("button", { name: text, exact: true }).click();
  }

  it("a group is made beside the federated ones, which are only shown there", async () => {
    await page.goto(`/groups?${scope}`);
    await row(page, "fed.orders").filter({ hasText: "Federated" }).waitFor();
    await page.getByRole("button", { name: "New group" }).click();
    await dialog.getByLabel("Name").fill(`fed.${GROUP}`);
    await dialog.getByLabel("With").fill("shop");
    await dialog.getByRole("button", { name: "Save" }).click();
    // The browser refuses a name of the federation.
    expect(await dialog.getByLabel("Name").evaluate((one) => one.matches(":invalid"))).toBe(true);
    await dialog.getByLabel("Name").fill(GROUP);
    await save();
    await row(page, GROUP).filter({ hasText: "Made here" }).waitFor();
    await row(page, "fed.orders").getByRole("button", { name: "fed.orders" }).click();
    expect(await dialog.getByRole("button", { name: "Save" }).count()).toBe(0);
    await dialog.getByRole("link", { name: "Open it where it is changed" }).click();
    await dialog.getByRole("button", { name: "Save" }).waitFor();
    expect(new URL(page.url()).searchParams.get("scope")).toBeNull();
    expect(new URL(page.url()).searchParams.get("open")).toBe("fed.orders");
  });

  it("network rules are ordered among themselves, behind the federated ones", async () => {
    for (const comment of [`second ${stamp}`, `first ${stamp}`]) {
      await page.goto(`/network?open=new&${scope}`);
      await dialog.getByLabel("From").fill(GROUP);
      await dialog.getByLabel("To", { exact: true }).fill("external");
      await dialog.getByLabel("Comment").fill(comment);
      await save();
    }
    const own = row(page, stamp);
    await until("two rules", async () => (await own.count()) === 2);
    expect(await own.first().textContent()).toContain("first");
    expect(await row(page, "federated").getByRole("button", { name: /^Move/ }).count()).toBe(0);
    await own.first().getByRole("button", { name: /down$/ }).click();
    await until("they change places", async () =>
      Boolean((await own.first().textContent())?.includes("second")),
    );
    expect(await own.last().getByRole("button", { name: /down$/ }).isDisabled()).toBe(true);
  });

  it("profiles, sensors, response rules and webhooks are its own too", async () => {
    await open("/profiles", GROUP);
    await dialog.getByLabel("Process", { exact: true }).fill("miner");
    await dialog.getByLabel("Action").selectOption("deny");
    await save();
    await dialog.getByText("miner").waitFor();

    await page.goto(`/dlp?open=new&${scope}`);
    await dialog.getByLabel("Name", { exact: true }).fill(`leaks-${stamp}`);
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await dialog.getByLabel("Name of the rule").fill("secret");
    await dialog.getByLabel("Regular expression").fill("secret");
    await save();
    await row(page, `leaks-${stamp}`).filter({ hasText: "Made here" }).waitFor();
    await page.goto(`/dlp?tab=groups&${scope}`);
    const group = row(page, GROUP);
    const offered = group.getByLabel(`Use a sensor: ${GROUP}`);
    await offered.waitFor();
    // Its own groups use its own sensors, and those of the federation cannot be changed here.
    expect((await offered.textContent()) ?? "").not.toContain("fed.");
    const federated = row(page, "fed.orders").getByRole("checkbox");
    expect(await federated.isDisabled()).toBe(true);
    await offered.selectOption(`leaks-${stamp}`);
    await page.getByText("The group was changed in this cluster alone.").waitFor();

    await page.goto(`/system?open=webhook&${scope}`);
    await dialog.getByLabel("Name").fill(`pager-${stamp}`);
    await dialog.getByLabel("Address").fill("https://pager.example/");
    await save();
    await page
      .getByRole("listitem")
      .filter({ hasText: `pager-${stamp}` })
      .waitFor();

    await page.goto(`/response?open=new&${scope}`);
    await dialog.getByLabel("When").selectOption("security-event");
    await dialog.getByLabel("In group").selectOption(GROUP);
    await dialog.getByLabel("What is compared").selectOption("level");
    await dialog.getByLabel("Value").fill("Critical");
    await dialog.getByLabel("Call webhooks").check();
    await dialog.getByLabel(`pager-${stamp}`).check();
    await dialog.getByLabel("Comment").fill(`call ${stamp}`);
    await save();
    await row(page, `call ${stamp}`).filter({ hasText: "Made here" }).waitFor();
  });

  it("they are exported and imported as a file", async () => {
    await page.goto(`/groups?${scope}`);
    await row(page, GROUP).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export" }).click(),
    ]);
    const yaml = readFileSync(await file.path(), "utf8");
    expect(yaml).toContain(GROUP);
    expect(yaml).not.toContain("fed.orders");
    await page.getByRole("button", { name: "Import" }).click();
    await dialog.getByLabel("YAML").fill(yaml.replaceAll(GROUP, `copy-of-${GROUP}`));
    await dialog.getByRole("button", { name: "Import" }).click();
    await page.getByText("Imported. It holds in this cluster alone.").waitFor();
    await row(page, `copy-of-${GROUP}`).waitFor();
  });

  it("what is in use stays, and everything else goes", async () => {
    await open("/groups", GROUP);
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog.getByRole("textbox").fill(GROUP);
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    for (const path of ["/response", "/network"]) {
      // A group that is imported brings the rules along that name it.
      await page.goto(`${path}?${scope}`);
      await settled(page);
      const rules = page.getByRole("row").filter({ hasText: "Made here" });
      for (let left = await rules.count(); left > 0; left -= 1) {
        await rules.getByRole("button", { name: /^Rule/ }).first().click();
        const title = (await dialog.getByRole("heading").first().textContent()) ?? "";
        await drop(title.replace(/\D/g, ""));
        await until("it is gone", async () => (await rules.count()) < left);
      }
    }
    for (const copy of [`copy-of-${GROUP}`, GROUP]) {
      await open("/groups", copy);
      await drop(copy);
    }
    await open("/dlp", `leaks-${stamp}`);
    await drop(`leaks-${stamp}`);
    await page.goto(`/system?open=webhook&name=pager-${stamp}&${scope}`);
    await drop(`pager-${stamp}`, "Remove");
    for (const path of ["/groups", "/network", "/response", "/dlp", "/system"]) {
      await page.goto(`${path}?${scope}`);
      await settled(page);
      await until(`nothing is left on ${path}`, async () => {
        return (await page.getByRole("main").getByText(stamp).count()) === 0;
      });
    }
    expect(seen.faults.filter((fault) => !/status of (409|4\d\d)/.test(fault))).toEqual([]);
  });
});
