import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import { create, imagePage, memberId } from "./api";
import { row, settled, signedIn, type Visit } from "./browser";
import { until } from "./shop";

const stamp = Date.now().toString(36);

/** Deletes what is open, by typing its name. */
async function removeOpened(page: Page, name: string, action = "Delete") {
  await page.getByRole("dialog").getByRole("button", { name: action }).click();
  const confirm = page.getByRole("dialog");
  expect(await confirm.getByRole("button", { name: action }).isDisabled()).toBe(true);
  await confirm.getByRole("textbox").fill(name);
  await confirm.getByRole("button", { name: action }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

describe("federated objects of each kind are made, shown and deleted:", () => {
  let seen: Visit;
  let page: Page;
  signedIn((visited) => {
    seen = visited;
    page = visited.page;
  });

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
    await dialog.getByRole("link", { name: "Its history" }).click();
    await row(page, `group ${name}: made`).waitFor();
    await page.goBack();
    await removeOpened(page, name);
    await row(page, name).waitFor({ state: "detached" });
  });

  it("where labels are in scope, what is for their clusters is listed", async () => {
    const name = `fed.roasters-${stamp}`;
    const criteria = [{ key: "service", op: "=", value: "roaster" }];
    const cluster_selector = { matchLabels: { env: stamp } };
    await create("/v1/group", {
      config: { name, cfg_type: "federal", criteria, cluster_selector },
    });
    await page.goto(`/groups?q=${name}`);
    await row(page, name).getByText(`env=${stamp}`).waitFor();
    await page.goto(`/groups?q=${name}&scope=${encodeURIComponent(`l:!env`)}`);
    await page.getByText("Nothing fits the filter").waitFor();
    await page.goto(`/groups?q=containers&scope=${encodeURIComponent(`l:!env`)}`);
    await row(page, "fed.containers").waitFor();
    await page.goto(`/groups?q=${name}`);
    await page.getByRole("button", { name }).click();
    await removeOpened(page, name);
  });

  it("a response rule", async () => {
    const comment = `quiet ${stamp}`;
    await page.goto("/response");
    await page.getByRole("button", { name: "New rule" }).click();
    const dialog = page.getByRole("dialog");
    // Why it cannot be saved yet is said beside the button.
    await dialog.getByText("A rule needs a condition.").waitFor();
    await dialog.getByLabel("When").selectOption("security-event");
    const lacksActions = dialog.getByText("A rule needs something that it does.");
    await lacksActions.waitFor();
    await dialog.getByLabel("What is compared").selectOption("level");
    await dialog.getByLabel("Value").fill("Critical");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByLabel("Quarantine the workload").check();
    await lacksActions.waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Save" }).click();
    const made = row(page, comment);
    await made.getByText("Quarantine the workload").waitFor();
    await made.getByRole("button").click();
    const id = ((await dialog.getByRole("heading").first().textContent()) ?? "").replace(/\D/g, "");
    await removeOpened(page, id);
    await made.waitFor({ state: "detached" });
  });

  it("a webhook, from the response rule that is to call one", async () => {
    await page.route("**/v1/response/options*", async (route) => {
      const answer = await route.fetch();
      const options = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...options, webhooks: [] } });
    });
    await page.goto("/response?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Call webhooks").check();
    const opened = page.waitForEvent("popup");
    await dialog.getByRole("link", { name: "Add one" }).click();
    const beside = await opened;
    await beside.getByRole("dialog").getByLabel("Address").waitFor();
    await beside.close();
    await page.unrouteAll({ behavior: "ignoreErrors" });
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
    await page.goto(`/${kind}?tab=groups`);
    await page.getByRole("link", { name: "fed.orders", exact: true }).click();
    await page.getByRole("dialog", { name: "fed.orders" }).waitFor();
  });

  it("an entry of a process profile", async () => {
    await page.goto("/profiles");
    await row(page, "fed.orders").waitFor();
    // Only groups of a cluster have one.
    expect(await page.getByRole("columnheader", { name: "Baseline" }).count()).toBe(0);
    await page.getByRole("button", { name: "Export the whole policy" }).waitFor();
    await page.goto("/profiles?open=fed.orders");
    await settled(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Process").fill(`grinder-${stamp}`);
    await dialog.getByLabel("Path").fill("/usr/bin/grinder");
    await dialog.getByLabel("Action").selectOption("deny");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    const remove = dialog.getByRole("button", { name: `Remove grinder-${stamp}` });
    await remove.waitFor();
    await dialog.getByText("2 of 2 clusters have applied it.").waitFor();
    // What is typed meanwhile stays, whatever else changes.
    const typed = dialog.getByLabel("Process");
    await until("the field is free again", async () => (await typed.inputValue()) === "");
    await typed.fill("the next one");
    await remove.click();
    await until("the entry is gone", async () => (await remove.count()) === 0);
    expect(await typed.inputValue()).toBe("the next one");
    // What was added is still offered to be taken back, too.
    const told = dialog.locator(".notice").last();
    await told.getByRole("button", { name: "Undo" }).click();
    await dialog.getByText("Taken back", { exact: true }).waitFor();
    await remove.click();
    await until("the entry is gone again", async () => (await remove.count()) === 0);
  });

  it("a webhook", async () => {
    const name = `fed.bell-${stamp}`;
    await page.goto("/system?open=webhook");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Address").fill("https://127.0.0.1:9/");
    await dialog.getByLabel("For the clusters").fill("env=none");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("env=none").waitFor();
    const edit = page.getByRole("button", { name: `Edit: ${name}` });
    await edit.click();
    await removeOpened(page, name, "Remove");
    await edit.waitFor({ state: "detached" });
  });

  it("an accepted vulnerability", async () => {
    const name = `CVE-2000-${stamp}`;
    await page.goto("/accepted?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Vulnerability").fill(name);
    await dialog.getByLabel("Reason").fill("Not reachable");
    await dialog.getByLabel("Last day").fill("2020-02-29");
    await dialog.getByRole("button", { name: "Save" }).click();
    const made = row(page, name);
    await made.getByText("expired").waitFor();
    await made.getByText("admin").waitFor();
    await made.getByRole("button").click();
    await dialog.getByLabel("Last day").fill("9999-12-30");
    await dialog.getByRole("button", { name: "Save" }).click();
    await made.getByText("expired").waitFor({ state: "detached" });
    await made.getByRole("button").click();
    await removeOpened(page, name, "Let it count again");
    await made.waitFor({ state: "detached" });
  });

  it("a VEX document", async () => {
    const id = `urn:shop:vex:${stamp}`;
    await page.goto("/vulnerabilities?tab=vex");
    // Where there is none yet, the empty list offers it too.
    await page.getByRole("button", { name: "Upload a document" }).first().click();
    const dialog = page.getByRole("dialog");
    const content = JSON.stringify({
      "@context": "https://openvex.dev/ns/v0.2.0",
      "@id": id,
      author: "The shop",
      statements: [
        {
          vulnerability: { name: `CVE-2000-${stamp}` },
          status: "fixed",
          products: [{ "@id": "shop/none" }],
        },
      ],
    });
    await dialog.getByLabel("Content").fill(content);
    await dialog.getByRole("button", { name: "Upload a document" }).click();
    const made = row(page, id);
    await made.getByText("OpenVEX").waitFor();
    await made.getByRole("button").click();
    const arrival = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Download" }).click();
    expect(readFileSync(await (await arrival).path(), "utf8")).toBe(content);
    await removeOpened(page, id, "Remove");
    await made.waitFor({ state: "detached" });
  });

  it("a bill of materials", async () => {
    await page.goto(await imagePage("shop/orders", "v1"));
    await page.getByRole("button", { name: "SBOM" }).click();
    const dialog = page.getByRole("dialog");
    for (const [form, key] of [
      ["SPDX 2.3", "spdxVersion"],
      ["CycloneDX 1.6", "bomFormat"],
    ] as const) {
      if ((await dialog.count()) === 0) await page.getByRole("button", { name: "SBOM" }).click();
      const arrival = page.waitForEvent("download");
      await dialog.getByRole("button", { name: form }).click();
      const file = await arrival;
      expect(file.suggestedFilename()).toMatch(/^shop-orders-v1\..+\.json$/);
      expect(readFileSync(await file.path(), "utf8")).toContain(key);
      await dialog.waitFor({ state: "detached" });
    }
  });

  it("admission rules, exported, deleted and imported", async () => {
    const comment = `to keep ${stamp}`;
    await create("/v1/admission/rule?scope=fed", {
      config: {
        id: 0,
        category: "Kubernetes",
        cfg_type: "federal",
        rule_type: "deny",
        rule_mode: "monitor",
        comment,
        disable: true,
        criteria: [{ name: "namespace", op: "containsAny", value: `none-${stamp}`, path: "" }],
        containers: ["containers"],
      },
    });
    await page.goto("/admission");
    const made = row(page, comment);
    await made.waitFor();
    const arrival = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const file = await (await arrival).path();
    expect(readFileSync(file, "utf8")).toContain(comment);
    const removeIt = async () => {
      await made.getByRole("button").click();
      const heading = page.getByRole("dialog").getByRole("heading").first();
      await removeOpened(page, ((await heading.textContent()) ?? "").replace(/\D/g, ""));
      await made.waitFor({ state: "detached" });
    };
    await removeIt();
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From a file").setInputFiles(file);
    await dialog.getByRole("button", { name: "Import" }).click();
    await dialog.waitFor({ state: "detached" });
    await made.waitFor();
    await removeIt();
  });

  it("response rules, imported in the place of all others by a typed word", async () => {
    let sent = 0;
    await page.route("**/v1/file/response/rule/config*", (route) => {
      sent += 1;
      const replaces = route.request().headers()["x-import-overwrite"] === "1";
      const data = { tid: "1", ctrler_id: "", percentage: 100 };
      return replaces ? route.fulfill({ json: { data } }) : route.abort();
    });
    await page.goto("/response");
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog");
    const go = dialog.getByRole("button", { name: "Import" });
    const file = {
      name: "rules.yaml",
      mimeType: "application/yaml",
      buffer: Buffer.from("items: []"),
    };
    await dialog.getByLabel("From a file").setInputFiles(file);
    const read = dialog.getByLabel("YAML");
    await until("it is read", async () => (await read.inputValue()) === "items: []");
    await dialog.getByLabel("Remove what the file does not hold").check();
    await go.click();
    await dialog.getByText("everything goes that the file does not hold").waitFor();
    expect(await go.isDisabled()).toBe(true);
    expect(sent).toBe(0);
    // Whoever thinks again finds what they gave.
    await page.keyboard.press("Escape");
    expect(await dialog.getByLabel("YAML").inputValue()).toBe("items: []");
    expect(await dialog.locator(".file").getAttribute("data-chosen")).toBe("rules.yaml");
    await go.click();
    await dialog.getByRole("textbox").fill("Response rules");
    await go.click();
    await dialog.waitFor({ state: "detached" });
    expect(sent).toBe(1);
    await page.unrouteAll({ behavior: "ignoreErrors" });
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

  it("the test of a registry that never answers is stopped, and of other settings nothing is said", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await page.goto("/registries?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Address").fill(`http://127.0.0.1:${port}/`);
    const begun = page.waitForResponse((response) => response.url().endsWith("/test"));
    await dialog.getByRole("button", { name: "Test the settings" }).click();
    await begun;
    const ended = page.waitForResponse((response) => response.request().method() === "DELETE");
    await dialog.getByRole("button", { name: "Stop the test" }).click();
    expect((await ended).status()).toBe(200);
    silent.close();
    await dialog.getByLabel("Address").fill("http://127.0.0.1:1/");
    await dialog.getByRole("button", { name: "Test the settings" }).click();
    await dialog.getByRole("listitem").first().waitFor();
    await dialog.getByLabel("Address").fill("http://127.0.0.1:2/");
    await dialog.getByRole("listitem").first().waitFor({ state: "detached" });
  });

  it("the whole policy as a file, which says what it would change", async () => {
    await page.goto("/history");
    const arrival = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export the whole policy" }).click();
    const policy = readFileSync(await (await arrival).path(), "utf8");
    expect(policy).toContain("fed.orders");
    await page.getByRole("button", { name: "Apply a file" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("YAML").fill(policy);
    await dialog.getByRole("button", { name: "See what it would change" }).click();
    await dialog.getByText("All is so already.").waitFor();
    await dialog.getByLabel("YAML").fill(policy.replaceAll("fed.orders", "fed.errands"));
    await dialog.getByRole("button", { name: "See what it would change" }).click();
    await dialog.getByText("group fed.errands: made").waitFor();
    const own = policy.replaceAll("fed.orders", "errands").replaceAll("N/A", "Protect");
    await dialog.getByLabel("YAML").fill(own);
    await dialog.getByRole("button", { name: "See what it would change" }).click();
    await dialog.getByText("fed.errands: policymode Protect").waitFor();
    await page.keyboard.press("Escape");
  });

  it("the whole policy as a file, which takes away what it lacks by a typed word", async () => {
    const done: boolean[] = [];
    await page.route("**/v1/fed/policy?*", (route) => {
      const applied = !route.request().url().includes("dry_run=true");
      done.push(applied);
      const plan = [{ action: "delete", kind: "group", name: "fed.errands" }];
      return route.fulfill({ json: { applied, plan } });
    });
    await page.goto("/history");
    await page.getByRole("button", { name: "Apply a file" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("YAML").fill("items: []");
    await dialog.getByLabel("Remove what the file does not hold").check();
    await dialog.getByRole("button", { name: "See what it would change" }).click();
    const apply = dialog.getByRole("button", { name: "Apply it" });
    await apply.click();
    await dialog.getByText("Every federated object goes").waitFor();
    await dialog.getByText("group fed.errands: deleted").waitFor();
    expect(await apply.isDisabled()).toBe(true);
    expect(done).toEqual([false]);
    await dialog.getByRole("textbox").fill("Federated policy");
    await apply.click();
    await dialog.waitFor({ state: "detached" });
    expect(done).toEqual([false, true]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  it("a token to join with", async () => {
    await page.goto("/clusters?open=join");
    await page.getByLabel("Name of the cluster").fill("corner shop");
    await page.getByLabel("Labels").fill("env=prod");
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByText(/palisade-agent run --name 'corner shop'/).waitFor();
    await page.getByRole("status").getByText("Waiting for corner shop to join…").waitFor();
    await page.goto(`/clusters/${await memberId("staging")}`);
    await page.getByText(/^valid until /).waitFor();
    await page.getByText("All federated objects that reached it are in force.").waitFor();
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
