import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { settled, signIn, type Visit, visit } from "./browser";
import { until } from "./shop";

const stamp = Date.now().toString(36);

function row(page: Page, text: string) {
  return page.getByRole("row").filter({ hasText: text });
}

/** Deletes what is open, by typing its name. */
async function removeOpened(page: Page, name: string) {
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  const confirm = page.getByRole("dialog");
  await confirm.getByRole("textbox").fill(name);
  await confirm.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

describe("federated objects of each kind are made, shown and deleted:", () => {
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
  });
  afterAll(() => seen.close());

  it("a group", async () => {
    const name = `fed.baristas-${stamp}`;
    await page.goto("/groups");
    await page.getByRole("button", { name: "New group" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("With", { exact: true }).fill("barista");
    await dialog.getByRole("button", { name: "Add a criterion" }).click();
    await dialog.getByLabel("What is compared").last().fill("domain");
    await dialog.getByLabel("How").last().selectOption("prefix");
    await dialog.getByLabel("With", { exact: true }).last().fill("shop");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, name).getByText("namespace begins with shop").waitFor();
    await page.getByRole("button", { name }).click();
    await removeOpened(page, name);
    await row(page, name).waitFor({ state: "detached" });
  });

  it("a response rule", async () => {
    const comment = `quiet ${stamp}`;
    await page.goto("/response");
    await page.getByRole("button", { name: "New rule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("When").selectOption("security-event");
    await dialog.getByLabel("What is compared").selectOption("level");
    await dialog.getByLabel("Value").fill("Critical");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByLabel("Quarantine the workload").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    const made = row(page, comment);
    await made.getByText("Quarantine the workload").waitFor();
    await made.getByRole("button").click();
    const id = ((await dialog.getByRole("heading").first().textContent()) ?? "").replace(/\D/g, "");
    await removeOpened(page, id);
    await made.waitFor({ state: "detached" });
  });

  it.each(["dlp", "waf"])("a %s sensor, tried on a text before", async (kind) => {
    const name = `fed.recipe-${stamp}`;
    await page.goto(`/${kind}`);
    await page.getByRole("button", { name: "New sensor" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).first().fill(name);
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await dialog.getByLabel("Name of the rule").fill(`fed.rule-${stamp}`);
    await dialog.getByLabel("Regular expression").fill("secret[- ]blend");
    await dialog.getByLabel("Try the patterns on a text").fill("the secret blend");
    await dialog.getByText("The rule fits").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, name).waitFor();
    await page.getByRole("button", { name, exact: true }).click();
    await removeOpened(page, name);
    await row(page, name).waitFor({ state: "detached" });
  });

  it("an entry of a process profile", async () => {
    await page.goto("/profiles?open=fed.orders");
    await settled(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Process").fill(`grinder-${stamp}`);
    await dialog.getByLabel("Path").fill("/usr/bin/grinder");
    await dialog.getByLabel("Action").selectOption("deny");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    const remove = dialog.getByRole("button", { name: `Remove grinder-${stamp}` });
    await remove.click();
    await until("the entry is gone", async () => (await remove.count()) === 0);
  });

  it("a network rule", async () => {
    const comment = `beans ${stamp}`;
    await page.goto("/network");
    await page.getByRole("button", { name: "New rule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From").fill("fed.payments");
    await dialog.getByLabel("To", { exact: true }).fill("fed.orders");
    await dialog.getByLabel("Ports").fill("tcp/8080");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByRole("button", { name: "Save" }).click();
    const made = row(page, comment);
    await made.getByText("tcp/8080").waitFor();
    await made.getByRole("button", { name: /^Rule/ }).click();
    const id = ((await dialog.getByRole("heading").first().textContent()) ?? "").replace(/\D/g, "");
    await removeOpened(page, id);
    await made.waitFor({ state: "detached" });
  });

  it("a registry's settings are tested step by step", async () => {
    await page.goto("/registries/fed.shop?open=edit");
    await settled(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Test the settings" }).click();
    await dialog.getByText("The test succeeded").waitFor();
  });

  it("a token to join with", async () => {
    await page.goto("/clusters?open=join");
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByText(/palisade-agent run --name CLUSTER/).waitFor();
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
