import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { change, create, remove } from "./api";
import { settled, signIn, type Visit, visit } from "./browser";
import { until } from "./shop";

function card(page: Page, name: string) {
  return page.getByRole("region", { name, exact: true });
}

describe("on the page of the system, an administrator", () => {
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
    await page.goto("/system");
    await settled(page);
  });
  afterAll(() => seen.close());

  it("is told why the federation keeps its name while clusters are joined", async () => {
    await card(page, "Federation").getByRole("button", { name: "Change" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("tea-room");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("alert").getByText("the name").waitFor();
    // What the refusal is about is an error on the console too.
    seen.faults.splice(0);
    await page.reload();
    await dialog.getByLabel("Name", { exact: true }).waitFor();
    expect(await dialog.getByLabel("Name", { exact: true }).inputValue()).toBe("coffee-shop");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it.each([
    ["Federation", "Give scans of build pipelines to all clusters"],
    ["What is scanned by itself", "New nodes"],
  ])("switches in “%s”: %s, and takes it back", async (title, label) => {
    const toggle = card(page, title).getByLabel(label);
    await toggle.click();
    await until("it is on", () => toggle.isChecked());
    await page.reload();
    await until("it is on still", () => toggle.isChecked());
    await toggle.click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back", { exact: true }).waitFor();
    await until("it is on again", () => toggle.isChecked());
    await toggle.click();
    await page.getByRole("button", { name: "Undo" }).last().waitFor();
    await page.reload();
    await toggle.waitFor();
    expect(await toggle.isChecked()).toBe(false);
  });

  it("changes the rules of passwords, and takes it back", async () => {
    const rules = card(page, "Rules of passwords");
    const save = rules.getByRole("button", { name: "Save" });
    const digits = rules.getByLabel("Digits at least");
    const before = await digits.inputValue();
    expect(await save.isDisabled()).toBe(true);
    await digits.fill(String(Number(before) + 1));
    await save.click();
    await page.getByText("The rules of passwords were changed.").waitFor();
    await page.getByRole("button", { name: "Undo" }).last().click();
    await page.getByText("Taken back", { exact: true }).last().waitFor();
    await until("the rule is as it was", async () => (await digits.inputValue()) === before);
    await page.reload();
    await digits.waitFor();
    expect(await digits.inputValue()).toBe(before);
  });

  it("asks the primary alone for what it has itself: no home cluster is waited for", async () => {
    const asked = new Set<string>();
    await page.route("**/v1/system/config*", (route) => {
      asked.add(new URL(route.request().url()).search);
      return route.continue();
    });
    for (const path of ["/system", "/providers"]) {
      await page.goto(path);
      await settled(page);
    }
    expect([...asked]).toEqual(["?scope=fed"]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  it("asks for passwords in the usual order, and takes it back", async () => {
    await change("/v1/system/config", { config: { auth_order: ["local"] } });
    await page.goto("/providers");
    const usual = page.getByRole("button", { name: "The usual order" });
    await usual.click();
    await usual.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).last().click();
    await usual.waitFor();
    await change("/v1/system/config", { config: { auth_order: [] } });
    await page.goto("/system");
    await settled(page);
  });

  it("gives the whole configuration as a file, and takes it back by the typed name", async () => {
    const registry = `fed.cellar-${Date.now().toString(36)}`;
    await create("/v1/scan/registry", {
      config: {
        ...{ name: registry, registry_type: "Docker Registry", registry: "http://127.0.0.1:1/" },
        ...{ username: "barista", password: "roasted-beans", filters: ["*"], cfg_type: "federal" },
      },
    });
    const whole = card(page, "Configuration");
    const arrival = page.waitForEvent("download");
    await whole.getByRole("button", { name: "Export the configuration" }).click();
    const file = await (await arrival).path();
    expect(gunzipSync(readFileSync(file)).toString()).toContain("fed.orders");
    await remove(`/v1/scan/registry/${registry}`);
    await whole.getByRole("button", { name: "Import a configuration" }).click();
    const dialog = page.getByRole("dialog");
    const confirm = dialog.getByRole("button", { name: "Import a configuration" });
    await dialog.getByLabel("File", { exact: true }).setInputFiles(file);
    await dialog.getByLabel("Keep what the file does not name").check();
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("coffee-shop");
    await confirm.click();
    await dialog.getByRole("heading", { name: "The configuration was imported." }).waitFor();
    // A secret stands in no file: whose is missing now is said.
    await dialog.getByText(`${registry}: what it is logged in with`).waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await dialog.waitFor({ state: "detached" });
    await remove(`/v1/scan/registry/${registry}`);
  });

  it("hears what a file left out, though some of it was refused", async () => {
    await page.goto("/system");
    await page.route("**/v1/file/config?*", (route) =>
      route.fulfill({
        status: 400,
        json: {
          ...{ code: 18, error: "Failed to import", message: "All but this was imported: users." },
          import_task_data: {
            data: {
              ...{ tid: "1", ctrler_id: "", percentage: 0 },
              left_out: [
                "fed.cellar: what it is logged in with; give it by PATCH /v1/scan/registry/fed.cellar",
              ],
            },
          },
        },
      }),
    );
    const whole = card(page, "Configuration");
    await whole.getByRole("button", { name: "Import a configuration" }).click();
    const dialog = page.getByRole("dialog");
    await dialog
      .getByLabel("File", { exact: true })
      .setInputFiles({ name: "c.gz", mimeType: "application/gzip", buffer: Buffer.from("c") });
    await dialog.getByRole("textbox").fill("coffee-shop");
    await dialog.getByRole("button", { name: "Import a configuration" }).click();
    await dialog.getByText("All but this was imported: users.").waitFor();
    const missing = dialog.getByRole("link", { name: "fed.cellar: what it is logged in with" });
    expect(await missing.getAttribute("href")).toContain("/registries/fed.cellar?open=edit");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await dialog.waitFor({ state: "detached" });
    // What the refusal is about is an error on the console too.
    seen.faults.splice(0);
  });

  it("moves a mapped group with what is half typed of it, by the same key", async () => {
    await page.goto("/providers?open=new+ldap");
    const dialog = page.getByRole("dialog");
    for (const name of ["ops", "audit", "shop"]) {
      await dialog.getByRole("button", { name: "Map a group" }).click();
      await dialog.locator(".group-roles > li").last().getByRole("textbox").first().fill(name);
    }
    const groups = dialog.locator(".group-roles > li");
    await groups.first().getByText("Roles in single namespaces").first().click();
    await groups.first().getByRole("button", { name: "Add a role" }).click();
    await dialog.getByRole("button", { name: "Move ops down" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    const halfTyped = groups.last().getByLabel("Namespaces of role 1");
    await halfTyped.waitFor();
    expect(await dialog.getByLabel("Namespaces of role 1").count()).toBe(1);
    expect(await groups.last().getByRole("textbox").first().inputValue()).toBe("ops");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.goto("/system");
    await settled(page);
  });

  it("says before it is saved that a group without a role is not mapped", async () => {
    await page.goto("/providers?open=new+ldap");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Map a group" }).click();
    await dialog.getByLabel("Role 1", { exact: true }).selectOption("");
    await dialog.getByText("Without a role the group is not mapped").waitFor();
    await dialog.getByLabel("Role 1", { exact: true }).selectOption("reader");
    await dialog.getByText("Without a role the group").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("opens a record of the log, by a link too", async () => {
    await page.goto("/audit?tab=event&name=RESTful.Write");
    const first = page.locator("[data-row]").first();
    await first.getByRole("button").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("reported_timestamp").waitFor();
    const said = await dialog.locator("pre").textContent();
    await page.reload();
    await dialog.getByText("reported_timestamp").waitFor();
    expect(await dialog.locator("pre").textContent()).toBe(said);
    await page.goto("/system");
    await settled(page);
  });

  it("replaces the authority, after which all clusters depend on the new one", async () => {
    const authority = card(page, "Certificate authority");
    const fingerprints = authority.locator("code");
    const old = await fingerprints.textContent();
    await authority.getByRole("button", { name: "Replace the authority" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("coffee-shop");
    await dialog.getByRole("button", { name: "Replace the authority" }).click();
    await dialog.waitFor({ state: "detached" });
    await until("the new one is alone", async () => {
      const [only, ...more] = await fingerprints.allTextContents();
      return more.length === 0 && only !== old;
    });
    await authority.getByText("signs certificates").waitFor();
    expect(seen.faults).toEqual([]);
  });
});
