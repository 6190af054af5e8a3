import { createRequire } from "node:module";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { change, create } from "./api";
import { row, settled, signIn, type Visit, visit } from "./browser";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const stamp = Date.now().toString(36);
const GROUP = `fed.canary-${stamp}`;

/** What axe says of all that is shown. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    interface Axe {
      run: (
        options: object,
      ) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
  });
}

describe("a change", () => {
  let seen: Visit;
  let page: Page;
  let dialog: Locator;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    dialog = page.getByRole("dialog");
    await page.addInitScript({ path: AXE });
    await signIn(page);
  });
  afterAll(async () => {
    // The changes of other tests reach everybody at once.
    await change("/v1/fed/rollout_policy", { policy: { enable: false } });
    await seen.close();
  });

  it("is to reach one of the clusters first", async () => {
    await page.goto("/history?tab=rollouts");
    await page.getByRole("button", { name: "Change the stages" }).click();
    await dialog.waitFor();
    // The form has an address of its own, and is no rollout that is gone.
    await page.reload();
    await dialog.waitFor();
    expect(await page.locator(".notice").count()).toBe(0);
    await dialog.getByRole("switch", { name: "Let changes go in stages" }).check();
    await dialog.getByLabel("Percent of these clusters").fill("1");
    await dialog.getByLabel("Watch for so many seconds").fill("3600");
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Changes go in stages" }).waitFor();
  });

  it("is with its canary, halts and goes on", async () => {
    await settled(page);
    await create("/v1/group", {
      config: {
        name: GROUP,
        cfg_type: "federal",
        criteria: [{ key: "service", op: "=", value: GROUP }],
      },
    });
    // Nobody reloads the page.
    const listed = row(page, GROUP);
    await listed.getByText("Under way").waitFor();
    await listed.getByRole("button").click();
    await dialog.getByText("Applied").waitFor();
    expect(await dialog.getByText("Applied").count(), "clusters that have it").toBe(1);
    expect(await dialog.locator("li[aria-current=step]").count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Halt" }).click();
    await dialog.getByText("Halted by somebody").waitFor();
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.getByRole("status").getByText("Under way").first().waitFor();
  });

  it("is rolled back by who types its revision", async () => {
    await dialog.getByRole("button", { name: "Roll back" }).click();
    const confirm = dialog.getByRole("button", { name: "Roll back" });
    expect(await confirm.isDisabled()).toBe(true);
    const wanted = (await dialog.locator("label").textContent()) ?? "";
    await dialog.getByRole("textbox").fill(/\d+/.exec(wanted)?.[0] ?? "");
    await confirm.click();
    await dialog.getByRole("status").getByText("Rolled back").first().waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await row(page, GROUP).getByText("Rolled back").waitFor();
    expect(seen.faults).toEqual([]);
  });
});
