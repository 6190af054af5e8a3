// What a form saved can be taken back: what was changed becomes what it was, what was made goes.

import type { Locator, Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";

import { create, get, change as patch, remove } from "./api";
import { row, signedIn, type Visit } from "./browser";
import { CONTESTED } from "./contested";

const stamp = Date.now().toString(36);

describe("a form that was saved", () => {
  let seen: Visit;
  let page: Page;
  signedIn((visited) => {
    seen = visited;
    page = visited.page;
  });

  const undo = async () => {
    await page.getByRole("button", { name: "Undo" }).click();
    // Of what is accepted without an end, its row says “taken back”.
    await page.getByText("Taken back", { exact: true }).waitFor();
  };

  /** Changes the comment of what is open, and takes it back. */
  async function change(dialog: Locator, before: string) {
    const comment = dialog.getByLabel("Comment");
    expect(await comment.inputValue()).toBe(before);
    await comment.fill(`${before} no more`);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await row(page, `${before} no more`).waitFor();
    await undo();
    await row(page, `${before} no more`).waitFor({ state: "detached" });
    await row(page, before).waitFor();
  }

  it("of a group", async () => {
    const name = `fed.tasters-${stamp}`;
    const comment = `a group ${stamp}`;
    const criteria = [{ key: "service", op: "=", value: "roaster" }];
    const cluster_selector = { matchLabels: { env: stamp } };
    await create("/v1/group", {
      config: { name, cfg_type: "federal", comment, criteria, cluster_selector },
    });
    await page.goto(`/groups?q=${name}&open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("For the clusters").fill("");
    await change(dialog, comment);
    await page.getByRole("button", { name }).click();
    expect(await dialog.getByLabel("For the clusters").inputValue()).toBe(`env=${stamp}`);
    await page.keyboard.press("Escape");
    await remove(`/v1/group/${name}`);
  });

  it("of what somebody else changed meanwhile, to what they made of it", async () => {
    const name = `fed.shared-${stamp}`;
    const of = {
      name,
      cfg_type: "federal",
      criteria: [{ key: "service", op: "=", value: "roaster" }],
    };
    await create("/v1/group", { config: { ...of, comment: `at first ${stamp}` } });
    await page.goto(`/groups?q=${name}&open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(`mine ${stamp}`);
    await patch(`/v1/group/${name}`, { config: { ...of, comment: `theirs ${stamp}` } });
    await dialog.getByText("It was changed elsewhere").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await row(page, `mine ${stamp}`).waitFor();
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    // The button is gone, and whoever goes on by the keyboard does so from where it was.
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("notices");
    // Its message was read out before the button came, and is not once more.
    expect(await page.locator(".notices").getAttribute("aria-atomic")).toBe("false");
    await row(page, `theirs ${stamp}`).waitFor();
    await remove(`/v1/group/${name}`);
  });

  it.each(CONTESTED)(
    "but not of %s that somebody else changed since: that stays",
    async (_, of) => {
      await of.make();
      onTestFinished(async () => {
        await of.drop();
      });
      await page.goto(await of.form());
      if ("field" in of) {
        if (of.opener) await page.getByRole("button", { name: of.opener }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel(of.field).fill(of.mine);
        await dialog.getByRole("button", { name: "Save" }).click();
        await dialog.waitFor({ state: "detached" });
      } else await of.mine(page.getByRole("main"));
      // It is offered as soon as it is known how this change left it.
      const back = page.getByRole("button", { name: "Undo" });
      await back.waitFor();
      await of.theirs();
      await back.click();
      await page.getByText("It was changed again meanwhile").waitFor();
      expect(JSON.stringify(await get(of.path))).toContain(of.word);
      // A page that still shows it when it goes would read it once more, and fail.
      await page.goto("/profile");
    },
  );

  it("but not of a group that somebody else changed before it was read again", async () => {
    const name = `fed.raced-${stamp}`;
    const criteria = [{ key: "service", op: "=", value: "roaster" }];
    const of = { name, cfg_type: "federal", criteria };
    await create("/v1/group", { config: { ...of, comment: `at first ${stamp}` } });
    await page.goto(`/groups?q=${name}&open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(`mine ${stamp}`);
    await page.route(`**/v1/group/${name}*`, async (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      const response = await route.fetch();
      await patch(`/v1/group/${name}`, { config: { ...of, comment: `theirs ${stamp}` } });
      return route.fulfill({ response });
    });
    const looked = page.waitForResponse((one) => one.url().includes("/v1/fed/history?limit=20"));
    await dialog.getByRole("button", { name: "Save" }).click();
    await (await looked).finished();
    await row(page, `theirs ${stamp}`).waitFor();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
    expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await remove(`/v1/group/${name}`);
  });

  it("nor of a role that somebody else changed right behind: that stays", async () => {
    const name = `raced-${stamp}`;
    const permissions = [{ id: "reg_scan", read: true, write: false }];
    const of = (comment: string) => ({ config: { name, comment, permissions } });
    await create("/v1/user_role", of("at first"));
    await page.goto(`/roles?open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(`mine ${stamp}`);
    await page.route(`**/v1/user_role/${name}`, async (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      const response = await route.fetch();
      if (response.ok()) await patch(`/v1/user_role/${name}`, of(`theirs ${stamp}`));
      return route.fulfill({ response });
    });
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, `theirs ${stamp}`).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("It was changed again meanwhile").waitFor();
    await row(page, `theirs ${stamp}`).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await remove(`/v1/user_role/${name}`);
  });

  it("a network rule that was just made goes", async () => {
    const comment = `grind ${stamp}`;
    await page.goto("/network?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From").fill("fed.payments");
    await dialog.getByLabel("To", { exact: true }).fill("fed.orders");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, comment).waitFor();
    await undo();
    await row(page, comment).waitFor({ state: "detached" });
  });

  it("a response rule that was just made goes", async () => {
    const comment = `ring ${stamp}`;
    await page.goto("/response?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("When").selectOption("security-event");
    await dialog.getByLabel("What is compared").selectOption("level");
    await dialog.getByLabel("Value").fill("Critical");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByLabel("Quarantine the workload").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, comment).waitFor();
    await undo();
    await row(page, comment).waitFor({ state: "detached" });
  });

  it("of an admission rule, which was just made", async () => {
    const comment = `undone ${stamp}`;
    await page.goto("/admission?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(comment);
    await dialog.getByRole("button", { name: "Add a criterion" }).click();
    await dialog.getByLabel("What is looked at").selectOption("namespace");
    await dialog.getByLabel("Value").fill(`none-${stamp}`);
    await dialog.getByLabel("For the clusters").fill(`env=${stamp}`);
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, comment).waitFor();
    await undo();
    await row(page, comment).waitFor({ state: "detached" });
  });

  it("of an admission rule, which was there", async () => {
    const comment = `kept ${stamp}`;
    await create("/v1/admission/rule?scope=fed", {
      config: {
        ...{ id: 0, category: "Kubernetes", cfg_type: "federal", rule_type: "deny" },
        ...{ rule_mode: "monitor", comment, disable: true, containers: ["init_containers"] },
        criteria: [{ name: "namespace", op: "containsAny", value: `none-${stamp}`, path: "" }],
      },
    });
    await page.goto("/admission");
    await row(page, comment).getByRole("button").first().click();
    const dialog = page.getByRole("dialog");
    const heading = (await dialog.getByRole("heading").first().textContent()) ?? "";
    await dialog.getByLabel("Containers", { exact: true }).check();
    await dialog.getByLabel("Mode").selectOption("protect");
    await change(dialog, comment);
    await row(page, comment).getByRole("button").first().click();
    expect(await dialog.getByLabel("Containers", { exact: true }).isChecked()).toBe(false);
    expect(await dialog.getByLabel("Mode").inputValue()).toBe("monitor");
    await page.keyboard.press("Escape");
    await remove(`/v1/admission/rule/${heading.replace(/\D/g, "")}`);
  });

  it("of a network rule", async () => {
    await page.goto("/network");
    await row(page, "Orders are paid").getByRole("button", { name: /^Rule/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Ports").fill("tcp/8443");
    await change(dialog, "Orders are paid");
    await row(page, "Orders are paid").getByText("tcp/443").waitFor();
  });

  it("of a response rule", async () => {
    const comment = `answer ${stamp}`;
    const rule = {
      ...{ id: 0, event: "security-event", group: "", comment, disable: true },
      ...{ conditions: [{ type: "level", value: "Critical" }], actions: ["quarantine"] },
      ...{ webhooks: [], cfg_type: "federal" },
    };
    await patch("/v1/response/rule?scope=fed", { insert: { after: 0, rules: [rule] } });
    await page.goto("/response");
    await row(page, comment).getByRole("button").click();
    const dialog = page.getByRole("dialog");
    const heading = (await dialog.getByRole("heading").first().textContent()) ?? "";
    await dialog.getByLabel("Value").fill("Error");
    await change(dialog, comment);
    await row(page, comment).getByText("Critical").waitFor();
    await remove(`/v1/response/rule/${heading.replace(/\D/g, "")}`);
  });

  it.each(["dlp", "waf"])("of a %s sensor", async (kind) => {
    const name = `fed.mill-${stamp}`;
    const comment = `sieve ${stamp}`;
    const pattern = { key: "pattern", op: "regex", value: "beans", context: "packet" };
    const rules = [{ name: `fed.beans-${stamp}`, patterns: [pattern] }];
    await create(`/v1/${kind}/sensor`, {
      config: { name, comment, rules, cfg_type: "federal" },
    });
    await page.goto(`/${kind}?open=${name}`);
    await change(page.getByRole("dialog"), comment);
    // As is that a group uses it.
    await page.goto(`/${kind}?tab=groups&q=fed.orders`);
    await page.getByLabel("Use a sensor: fed.orders").selectOption(name);
    const used = page.getByLabel(`Action: ${name}`);
    await used.waitFor();
    await undo();
    await used.waitFor({ state: "detached" });
    await remove(`/v1/${kind}/sensor/${name}`);
  });

  it("of an entry of a profile, which was just added", async () => {
    await page.goto("/profiles?tab=file&open=fed.payments");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Files").fill(`/etc/${stamp}`);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    const added = dialog.getByRole("button", { name: `Remove /etc/${stamp}` });
    await added.waitFor();
    await dialog.getByRole("button", { name: "Undo" }).click();
    await added.waitFor({ state: "detached" });
  });

  it("of a role", async () => {
    const name = `taster-${stamp}`;
    const comment = `sips ${stamp}`;
    const permissions = [{ id: "reg_scan", read: true, write: false }];
    await create("/v1/user_role", { config: { name, comment, permissions } });
    await page.goto(`/roles?open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Registries and images: change").check();
    await change(dialog, comment);
    await page.getByRole("button", { name }).click();
    expect(await dialog.getByLabel("Registries and images: change").isChecked()).toBe(false);
    await page.keyboard.press("Escape");
    await remove(`/v1/user_role/${name}`);
  });

  it("of a registry", async () => {
    await page.goto("/registries/fed.shop?open=edit");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: /^Scan/ }).selectOption("periodical");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("At intervals").waitFor();
    await undo();
    await page.getByText("When asked").waitFor();
  });

  it("of an accepted vulnerability", async () => {
    const name = `CVE-2001-${stamp}`;
    await page.goto("/accepted?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Vulnerability").fill(name);
    await dialog.getByLabel("Reason").fill("Not reachable");
    await dialog.getByRole("button", { name: "Save" }).click();
    const made = row(page, name);
    await made.waitFor();
    await undo();
    await made.waitFor({ state: "detached" });
    // Ways back that were refused, as they have to be, are told on the console.
    expect(seen.faults.filter((fault) => !fault.includes("status of 412"))).toEqual([]);
  });

  it("by whoever saved it, and by nobody who signs in after them", async () => {
    const name = `fed.left-${stamp}`;
    const criteria = [{ key: "service", op: "=", value: "roaster" }];
    const comment = `left ${stamp}`;
    await create("/v1/group", { config: { name, cfg_type: "federal", criteria, comment } });
    await page.goto(`/groups?q=${name}&open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill(`${comment} behind`);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    const back = page.getByRole("button", { name: "Undo" });
    await back.waitFor();
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    expect(await back.count()).toBe(0);
    await remove(`/v1/group/${name}`);
  });
});
