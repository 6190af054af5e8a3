import type { Locator, Page, Route } from "playwright-core";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";

import { change, create, imagePage, memberId, remove } from "./api";
import { calm, settled, signedIn, signIn, visit } from "./browser";
import { shop, until } from "./shop";

/** Lists with the call that each makes. */
const LISTS: [path: string, call: string][] = [
  ["/clusters", "**/v1/fed/member?*"],
  ["/groups", "**/v1/group?*"],
  ["/admission", "**/v1/admission/rules?*"],
  ["/network", "**/v1/policy/rule?*"],
  ["/registries", "**/v1/scan/registry?*"],
  ["/events", "**/v1/fed/events?*"],
  ["/audit", "**/v1/log/audit?*"],
  ["/users", "**/v1/user?*"],
  ["/api-reference", "**/openapi.json"],
];

function refuse(status: number, code: number, message: string) {
  return (route: Route) => route.fulfill({ status, json: { code, error: "Refused", message } });
}

/** From now on, whoever is signed in lacks a permission. */
function without(page: Page, permission: string) {
  return page.route("**/v1/selfuser", async (route) => {
    const answer = await route.fetch();
    const self = (await answer.json()) as { global_permissions: { id: string }[] };
    const held = self.global_permissions.filter(({ id }) => id !== permission);
    await route.fulfill({ response: answer, json: { ...self, global_permissions: held } });
  });
}

describe("what a page says when", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });
  afterEach(() => page.unrouteAll({ behavior: "ignoreErrors" }));

  it.each(LISTS)(
    "%s fails at the server: the reason, and a way to try again",
    async (path, call) => {
      let asked = 0;
      await page.route(call, (route) => {
        asked += 1;
        return refuse(500, 55, "The store is on fire.")(route);
      });
      await page.goto(path);
      const alert = page.getByRole("alert");
      await alert.getByText("The store is on fire.").first().waitFor();
      await page.getByText("Code 55, HTTP 500").first().waitFor();
      const again = page.getByRole("button", { name: "Try again" }).first();
      const before = asked;
      // While one is under way no second question is asked, and the next one by itself is far off.
      await until("it is asked again", async () => {
        await again.click();
        return asked > before;
      });
      await page.unrouteAll({ behavior: "ignoreErrors" });
      // A page that is told of changes may mend itself before anybody clicks.
      const mended = alert.first().waitFor({ state: "detached" });
      await Promise.any([again.click(), mended]);
      await mended;
    },
  );

  it.each(LISTS.slice(0, 3))(
    "%s is forbidden: that it is, not an empty list",
    async (path, call) => {
      await page.route(call, refuse(403, 25, "The permission is missing."));
      await page.goto(path);
      await page
        .getByText(/^Your role may not read/)
        .first()
        .waitFor();
      await page.getByText("The permission is missing.").first().waitFor();
    },
  );

  it.each([
    ["/denials", "**/v1/fed/denials?*", "events", "Export as CSV"],
    ["/groups", "**/v1/group?*", "rt_policy", "New group"],
  ])("%s is not for its reader: nothing is offered there", async (path, call, needed, offer) => {
    const button = page.getByRole("button", { name: offer });
    await page.goto(path);
    await button.waitFor();
    await page.route(call, refuse(403, 25, "The permission is missing."));
    await without(page, needed);
    await page.reload();
    await page
      .getByText(/^Your role may not read/)
      .first()
      .waitFor();
    expect(await button.count()).toBe(0);
  });

  it("its reader may see no clusters and no settings: nothing leads there", async () => {
    await page.goto("/risk-report");
    const clusters = page.getByRole("region", { name: "Clusters" }).first();
    const named = clusters.getByRole("link", { name: "staging" });
    await named.waitFor();
    await without(page, "config");
    await page.reload();
    await clusters.getByText("staging").first().waitFor();
    await settled(page);
    expect(await named.count()).toBe(0);
    await page.route("**/v1/response/options*", async (route) => {
      const answer = await route.fetch();
      const options = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...options, webhooks: [] } });
    });
    await page.goto("/response?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Call webhooks").check();
    await dialog.getByText("There is no webhook yet.").waitFor();
    expect(await dialog.getByRole("link", { name: "Add one" }).count()).toBe(0);
  });

  it("an image is read in some namespaces alone: its report, and nothing that is refused", async () => {
    const layers = page.locator("main .tabs").getByRole("link", { name: "Layers", exact: true });
    const packages = page.locator("main .tabs").getByRole("link", { name: /^Packages/ });
    const sbom = page.locator("main").getByRole("button", { name: "SBOM", exact: true });
    await page.goto(await imagePage("shop/orders", "v1"));
    await layers.waitFor();
    await sbom.waitFor();
    await page.route("**/v1/selfuser", async (route) => {
      const answer = await route.fetch();
      const self = (await answer.json()) as { global_permissions: object[] };
      const domain_permissions = { shop: self.global_permissions };
      const json = { ...self, global_permissions: [], domain_permissions };
      await route.fulfill({ response: answer, json });
    });
    await page.reload();
    await packages.waitFor();
    await settled(page);
    expect(await layers.count()).toBe(0);
    expect(await sbom.count()).toBe(0);
  });

  it("a link filters by what is not offered: that it does", async () => {
    await page.goto("/users?type=somebody-made-it");
    await settled(page);
    const role = page.locator("main .facet").getByLabel("Role");
    expect(await role.inputValue()).toBe("somebody-made-it");
    await role.selectOption("");
    await page.waitForURL((url) => !url.searchParams.has("type"));
  });

  it("a field holds what turns its writing around: below it stands what that is", async () => {
    const name = `fed.turned-${Date.now().toString(36)}`;
    const comment = "\u202egnp.exe";
    const criteria = [{ key: "service", op: "=", value: "\u202etsaor" }];
    await create("/v1/group", { config: { name, cfg_type: "federal", comment, criteria } });
    onTestFinished(() => remove(`/v1/group/${name}`));
    await page.goto(`/groups?open=${name}`);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Written out: \\u202egnp.exe").waitFor();
    await dialog.getByText("Written out: \\u202etsaor").waitFor();
    // What is saved is what was there.
    expect(await dialog.getByLabel("Comment").inputValue()).toBe(comment);
  });

  it("its reader has colours of their own: bars and switches are seen all the same", async () => {
    onTestFinished(() => page.emulateMedia({ forcedColors: null }));
    await page.emulateMedia({ forcedColors: "active" });
    const ground = (of: Locator) => of.evaluate((one) => getComputedStyle(one).backgroundColor);
    await page.goto("/events");
    const bar = page.locator("main .legend i").first();
    await bar.waitFor();
    expect(await ground(bar)).not.toBe(await ground(page.locator("body")));
    await page.goto("/network?open=new");
    const on = page.getByRole("dialog").getByRole("switch");
    const checked = await ground(on);
    await on.uncheck();
    // It goes over from one to the other.
    await until("it is seen to be off", async () => (await ground(on)) !== checked, 5);
    await on.check();
  });

  it("little of it is seen at a time: the rows, and no titles above them", async () => {
    const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
    onTestFinished(() => page.setViewportSize({ width, height }));
    // As 1280 by 1024 is enlarged four times.
    await page.setViewportSize({ width: 320, height: 256 });
    await page.goto("/groups");
    await settled(page);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    const head = await page.locator("main .table-head").boundingBox();
    expect(head && head.y + head.height).toBeLessThan(49);
  });

  it.each([
    ["/registries", "**/v1/scan/registry?*"],
    ["/events", "**/v1/fed/events?*"],
    ["/denials", "**/v1/fed/denials?*"],
    ["/", "**/v1/scan/registry**"],
    ["/", "**/v1/fed/vulnerabilities?*"],
    ["/", "**/v1/selfuser"],
  ])(
    "what %s asks again and again (%s) fails: so all the time, and nothing flickers",
    async (path, call) => {
      let asked = 0;
      await page.route(call, (route) => {
        asked += 1;
        return refuse(500, 55, "Out of order")(route);
      });
      await page.goto(path);
      await page.getByText("Out of order").first().waitFor();
      await calm(page);
      await page.evaluate(() => {
        const state = globalThis as { flickers?: string[] };
        state.flickers = [];
        new MutationObserver(() => {
          const skeleton = document.querySelector("main .skeleton");
          if (skeleton) state.flickers?.push(skeleton.parentElement?.outerHTML ?? "");
        }).observe(document.body, { childList: true, subtree: true });
      });
      for (let times = 1; times <= 3; times += 1) {
        const before = asked;
        // Who comes back to the page asks anew, unless they are still being answered.
        await until("it is asked again", async () => {
          await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
          await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
          return asked > before;
        });
      }
      await page.getByText("Out of order").first().waitFor();
      expect(await page.evaluate(() => (globalThis as { flickers?: string[] }).flickers)).toEqual(
        [],
      );
    },
  );

  it.each([true, false])(
    "a rule denied something, and who looks may read rules: %s, so its number is a link",
    async (may) => {
      const denial = {
        ...{ cluster_id: "0".repeat(32), cluster_name: "staging", seq: 1, denied: true },
        ...{ reported_at: "2026-06-10T12:00:00Z", reported_timestamp: 1_781_092_800 },
        ...{ admission_rule_id: 100_001, admission_rule_cfg_type: "federal" },
        ...{ admission_criteria: [], resource_kind: "Pod", operation: "Creation", user: "barista" },
        ...{ workload: "orders", namespace: "shop", image: "", container: "" },
        message: "\u202egnp.exe is denied",
        ...{ critical: 0, high: 0 },
      };
      await page.route("**/v1/fed/denials?*", (route) =>
        route.fulfill({ json: { denials: [denial] } }),
      );
      if (!may) await without(page, "admctrl");
      await page.goto("/denials");
      await page.getByText("Rule 100001").waitFor();
      await page.getByText("\\u202egnp.exe is denied").waitFor();
      expect(await page.getByRole("link", { name: "Rule 100001" }).count()).toBe(may ? 1 : 0);
    },
  );

  it("the primary does not answer: old rows stay, and are called old", async () => {
    await page.goto("/clusters");
    await settled(page);
    await page.route("**/v1/fed/member?*", (route) => route.abort());
    await page.getByText("What you see may be old.").first().waitFor();
    expect(await page.locator("[data-row]").count()).toBe(2);
  });

  it("this is no primary yet: so, and the way to become one", async () => {
    await page.route("**/v1/fed/member?*", (route) =>
      route.fulfill({
        json: {
          ...{ fed_role: "", use_proxy: "", deploy_repo_scan_data: false },
          local_rest_info: { server: "127.0.0.1", port: 10_443 },
        },
      }),
    );
    await page.goto("/groups");
    await page.getByText("This is no primary yet").waitFor();
    await page.getByRole("link", { name: "Promote it" }).click();
    await page.getByRole("button", { name: "Promote to primary" }).waitFor();
  });

  it("no check fails because nothing was checked: so, and why", async () => {
    const image = {
      ...{ name: "shop/orders:v1", image_id: "", clusters: 1, workloads: 1, scanned: false },
      ...{ scanned_at: "", critical: 0, high: 0, medium: 0, low: 0 },
    };
    let running: object[] = [];
    await page.route("**/v1/fed/compliance?*", (route) => route.fulfill({ json: { items: [] } }));
    await page.route("**/v1/fed/images?*", (route) =>
      route.fulfill({
        json: { images: route.request().url().includes("scanned=false") ? running : [] },
      }),
    );
    await page.goto("/compliance");
    await page.getByText("Nothing was checked yet").waitFor();
    await page.getByText("No running container is known.").waitFor();
    running = [image];
    await page.reload();
    await page.getByText("none of them was scanned").waitFor();
    await page.getByRole("main").getByRole("link", { name: "Registries" }).click();
    await page.getByRole("heading", { name: "Registries" }).waitFor();
  });

  it("what runs has a vulnerability: in which clusters, each a link", async () => {
    const id = await memberId("staging");
    const name = "CVE-2023-38545";
    await page.route("**/v1/fed/workloads?*", (route) =>
      route.fulfill({ json: { workloads: [{ cluster_id: id, cluster_name: "staging" }] } }),
    );
    await page.goto(`/vulnerabilities?open=${name}`);
    const panel = page.getByRole("dialog");
    await panel.getByRole("link", { name: "1 workload" }).waitFor();
    await panel.getByRole("link", { name: "staging" }).click();
    await page.getByRole("heading", { name: "staging" }).waitFor();
    // Nothing runs in the shop's clusters: what all have stands for what this one has.
    await page.route("**/v1/fed/vulnerabilities?*", (route) => {
      const asked = new URL(route.request().url());
      asked.searchParams.delete("cluster");
      return route.continue({ url: asked.href });
    });
    await page.goto(`/vulnerabilities?scope=c:${id}&open=${name}`);
    await panel.getByRole("heading", { name: "Images in scope that have it" }).waitFor();
  });

  it("a cluster can put nothing in force: some of it, and the others by a button", async () => {
    const id = await memberId("staging");
    const errors = Array.from({ length: 60 }, (_, at) => ({
      ...{ kind: "group", name: `fed.wrong-${at}`, code: 15, field: "name", error: "no name" },
    }));
    await page.route("**/v1/fed/member/*/errors", (route) => route.fulfill({ json: { errors } }));
    await page.goto(`/clusters/${id}`);
    const card = page.getByRole("region", { name: "What it could not put in force" });
    await card.getByText("fed.wrong-49").waitFor();
    expect(await card.getByText("fed.wrong-50").count()).toBe(0);
    await card.getByRole("button", { name: "Show more" }).click();
    await card.getByText("fed.wrong-59").waitFor();
  });

  it("an image is in no registry: so, and where to look", async () => {
    await page.goto(`/images/${"0".repeat(64)}`);
    await page.getByText("No registry in scope has this image").waitFor();
  });

  it("all that is new is accepted: of how many days, in words", async () => {
    // The last of them is a name as any other, though each object has a member of that name.
    const names = ["_RecentVuln", "_RecentVulnWithoutFix", "constructor"];
    const entries = names.map((name, at) => ({
      ...{ id: at + 1, name, comment: "", days: at < 2 ? 30 : 0, images: [], domains: [] },
    }));
    await page.route("**/v1/vulnerability/profile/default?*", (route) =>
      route.fulfill({ json: { profile: { name: "default", entries } } }),
    );
    await page.goto("/accepted");
    await page.getByText("All that is known for less than 30 days", { exact: true }).waitFor();
    await page.getByText("All that is known for less than 30 days, without a fix").waitFor();
    await page.getByText("constructor", { exact: true }).waitFor();
  });

  it("names have no end: they fit a narrow screen all the same", async () => {
    const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
    onTestFinished(() => page.setViewportSize({ width, height }));
    await page.setViewportSize({ width: 390, height: 844 });
    const name = `fed.${"hook".repeat(15)}`;
    const group = (at: number) => `cn=group${at},ou=${"groups".repeat(20)},dc=shop`;
    const webhooks = [{ name, url: `https://${name}.example/`, enable: true, type: "" }];
    await page.route("**/v1/system/config?*", async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...json, fed_config: { webhooks } } });
    });
    await page.route("**/v1/server", async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as object;
      const group_mapped_roles = Array.from({ length: 12 }, (_, at) => ({
        ...{ group: group(at), global_role: "reader", role_domains: {} },
      }));
      const ldap = { enable: true, group_mapped_roles };
      const servers = [{ server_name: name, server_type: "ldap", ldap }];
      await route.fulfill({ response: answer, json: { ...json, servers } });
    });
    for (const [path, shown] of [
      ["/system", name],
      ["/providers", "and 9 more"],
    ] as const) {
      await page.goto(path);
      await page.getByText(shown, { exact: true }).first().waitFor();
      await settled(page);
      const html = page.locator("html");
      expect(await html.evaluate((one) => one.scrollWidth - one.clientWidth), path).toBe(0);
    }
  });

  it("a filter hides everything: so, with a way out", async () => {
    await page.goto("/groups?q=nothing-is-called-so");
    await page.getByText("Nothing fits the filter").waitFor();
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByText("fed.orders").waitFor();
  });

  it("a filter is answered late: old rows stay, and are seen to be old", async () => {
    await page.goto("/groups");
    await page.getByText("fed.orders").waitFor();
    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route("**/v1/group?*f_name=*", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel("Filter").fill("payments");
    const busy = page.locator("[role=table][aria-busy=true]");
    await busy.getByText("fed.orders").waitFor();
    answer();
    await busy.waitFor({ state: "detached" });
    await page.getByText("fed.orders").waitFor({ state: "detached" });
    await page.getByText("fed.payments").waitFor();
  });

  it("a link opens what is not in the list, and says so where it is gone", async () => {
    await page.goto("/groups?q=nothing-is-called-so&open=fed.orders");
    await page.getByRole("dialog").getByRole("heading", { name: "fed.orders" }).waitFor();
    await page.goto("/groups?open=fed.nobody");
    await page.getByText("fed.nobody: It does not exist (any more).").first().waitFor();
  });

  it("a dialog is closed with what was typed in it: first a warning, then it goes", async () => {
    await page.goto("/groups?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill("half a thought");
    await page.keyboard.press("Escape");
    await dialog.getByText("What you typed is not saved.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("a dialog is closed with a row taken out of it: first a warning, then it goes", async () => {
    await page.goto("/groups?open=new");
    const dialog = page.getByRole("dialog");
    const add = dialog.getByRole("button", { name: "Add a criterion" });
    await add.click();
    await dialog.getByRole("button", { name: "Remove this criterion" }).first().click();
    // One has to stay, so that the keyboard cannot go on at its button.
    expect(await add.evaluate((one) => one.matches(":focus"))).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.getByText("What you typed is not saved.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("somebody goes back from what was typed: first a warning, then they go", async () => {
    await page.goto("/groups");
    await page.getByRole("button", { name: "New group" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Comment").fill("half a thought");
    await page.goBack();
    await dialog.getByText("What you typed is not saved.").waitFor();
    expect(await dialog.getByLabel("Comment").inputValue()).toBe("half a thought");
    await page.goBack();
    await dialog.waitFor({ state: "detached" });
  });

  it.each([
    ["/profiles?open=fed.orders", "Process"],
    ["/profiles?tab=file&open=fed.orders", "Files"],
  ])("an entry of a profile is half typed on %s: first a warning", async (path, field) => {
    await page.goto(path);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(field).fill("half an entry");
    await dialog.getByRole("button", { name: "Close" }).click();
    await dialog.getByText("What you typed is not saved.").waitFor();
    expect(await dialog.getByLabel(field).inputValue()).toBe("half an entry");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("somebody goes on by the menu: it shows where they are, and the page has the focus", async () => {
    const menu = page.getByRole("navigation", { name: "Pages" });
    await page.goto("/system");
    await settled(page);
    await until("it shows where they are", () =>
      menu.getByRole("link", { name: "System" }).evaluate((link) => {
        const [one, all] = [link, link.closest("nav")].map((of) => of?.getBoundingClientRect());
        return (
          one !== undefined && all !== undefined && one.top >= all.top && one.bottom <= all.bottom
        );
      }),
    );
    await menu.getByRole("link", { name: "Users" }).click();
    await page.getByRole("heading", { name: "Users" }).waitFor();
    await until("the page has the focus", () =>
      page.evaluate(() => document.activeElement?.id === "content"),
    );
  });

  it("a list is empty: how the first one is made", async () => {
    await page.route("**/v1/admission/rules?*", (route) => route.fulfill({ json: { rules: [] } }));
    await page.goto("/admission");
    await page.getByText("No federated admission rule yet").waitFor();
    await page.getByRole("button", { name: "Make the first one" }).click();
    const dialog = page.getByRole("dialog", { name: "New rule" });
    // Before it is saved it says how many clusters it is for.
    await dialog.getByText("Now 2 of 2 clusters.").waitFor();
    await dialog.getByLabel("For the clusters").fill("nobody=has-this");
    await dialog.getByText("Now 0 of 2 clusters.").waitFor();
  });

  it("a list of what is not made here is empty: how the first one comes", async () => {
    await page.route("**/v1/fed/vex?*", (route) => route.fulfill({ json: { documents: [] } }));
    await page.goto("/vulnerabilities?tab=vex");
    const empty = page.getByRole("status").filter({ hasText: "No VEX document" });
    await empty.getByRole("button", { name: "Upload a document" }).click();
    await page.getByRole("dialog", { name: "Upload a document" }).waitFor();
  });

  it("a letter is pressed early: nothing, without a g before it", async () => {
    await page.goto("/groups");
    await page.getByRole("heading", { name: "Groups" }).waitFor();
    await page.keyboard.press("e");
    await settled(page);
    expect(new URL(page.url()).pathname).toBe("/groups");
  });

  it("the session ended: sign in, and be where one was", async () => {
    await page.goto("/groups?q=orders");
    await settled(page);
    await page.route("**/v1/**", (route) =>
      route.request().url().includes("/v1/group")
        ? refuse(401, 3, "Expired")(route)
        : route.continue(),
    );
    await page.getByLabel("Filter").fill("payments");
    await page.getByText("Your session ended.").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await signIn(page, page.url());
    expect(new URL(page.url()).pathname).toBe("/groups");
    await page.getByText("fed.payments").waitFor();
  });
});

describe("who is in the midst of a form", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });
  afterEach(() => page.unrouteAll({ behavior: "ignoreErrors" }));

  it("tries a user of a directory by Enter: it is tried, and nothing is saved", async () => {
    await page.goto("/providers?open=new+ldap");
    const form = page.getByRole("dialog");
    await form.getByLabel("Host").fill("127.0.0.1");
    await form.getByLabel("Users below (base DN)").fill("dc=shop");
    let saved = 0;
    await page.route("**/v1/server", (route) => {
      if (route.request().method() === "POST") saved += 1;
      return route.continue();
    });
    await page.route("**/v1/debug/server/test", (route) =>
      route.fulfill({ json: { result: { groups: ["bakers"] } } }),
    );
    await form.getByLabel("User name", { exact: true }).fill("barista");
    await form.getByLabel("Password", { exact: true }).press("Enter");
    await form.getByText("It works. Groups: bakers").waitFor();
    expect(saved).toBe(0);
    const again = form.getByRole("button", { name: "Try it" });
    await again.press("Enter");
    expect(await again.evaluate((one) => one.matches(":focus"))).toBe(true);
  });

  it("names a provider: before it has a name, it has no address that ends in nothing", async () => {
    await page.goto("/providers?open=new+oidc");
    const form = page.getByRole("dialog");
    await form.getByText("/v1/token_auth_server/openId1/backchannel_logout").waitFor();
    await form.getByLabel("Name", { exact: true }).fill("");
    await form.getByText("It is there as soon as the name is").waitFor();
    expect(await form.getByText("token_auth_server//").count()).toBe(0);
  });

  /** A half-typed group, whose saving ends the session. */
  async function endInForm() {
    await page.goto("/groups?open=new");
    const form = page.getByRole("dialog", { name: "New group" });
    await form.getByLabel("Name").fill("fed.never-saved");
    await form.getByLabel("Comment").fill("a long thought");
    await form.getByLabel("With").fill("orders");
    // The way to sign in again is there before it is needed: meanwhile the primary may be of
    // another version, which has no file of this one.
    await page.waitForFunction(() =>
      performance.getEntriesByType("resource").some(({ name }) => name.includes("SignInAgain")),
    );
    await page.route("**/*.js", (route) => route.fulfill({ status: 404 }));
    await page.route("**/v1/group?*", (route) =>
      route.request().method() === "POST" ? refuse(401, 3, "Expired")(route) : route.continue(),
    );
    await form.getByRole("button", { name: "Save" }).click();
    const again = page.getByRole("dialog", { name: "Sign in" });
    await again.getByText("Your session ended.").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    return { form, again };
  }

  it("signs in again where the session ended, and goes on with what is typed", async () => {
    const { form, again } = await endInForm();
    // Neither a click nor a key leads past it, and nothing is seen through it.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    const behind = await again.evaluate(
      (one) => getComputedStyle(one, "::backdrop").backgroundColor,
    );
    expect(behind).toMatch(/^rgb\(/);
    await again.getByLabel("User name").fill("admin");
    await again.getByLabel("Password").fill(shop.password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "detached" });
    expect(await form.getByLabel("Comment").inputValue()).toBe("a long thought");
    expect(await form.getByLabel("With").inputValue()).toBe("orders");
  });

  it("leaves nothing to somebody else who signs in there", async () => {
    await create("/v1/user", {
      user: {
        ...{ fullname: "relief", password: "Relief-8-shift", email: "", role: "reader" },
        ...{ timeout: 300, locale: "en", default_password: false, modify_password: false },
      },
    });
    const { again } = await endInForm();
    await again.getByLabel("User name").fill("relief");
    await again.getByLabel("Password").fill("Relief-8-shift");
    await again.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: /relief$/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await remove("/v1/user/relief");
  });

  it("hears that it was changed elsewhere meanwhile, before writing over it", async () => {
    const group = { name: "fed.meanwhile", cfg_type: "federal" };
    const criteria = [{ key: "service", op: "=", value: "meanwhile" }];
    await create("/v1/group", { config: { ...group, criteria, comment: "as it was" } });
    const other = await visit();
    await signIn(other.page, `/groups?open=${group.name}`);
    const form = other.page.getByRole("dialog");
    await form.getByLabel("Comment").fill("mine");
    await change(`/v1/group/${group.name}`, { config: { ...group, comment: "theirs" } });
    await form.getByText("It was changed elsewhere").waitFor();
    expect(await form.getByLabel("Comment").inputValue()).toBe("mine");
    await remove(`/v1/group/${group.name}`);
    await other.close();
  });

  it("presses twice, and one is saved", async () => {
    const other = await visit();
    await signIn(other.page, "/network?open=new");
    let sent = 0;
    await other.page.route("**/v1/policy/rule?*", (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      sent += 1;
      return refuse(400, 6, "No such group")(route);
    });
    const form = other.page.getByRole("dialog");
    await form.getByLabel("From").fill("external");
    await form.getByLabel("To", { exact: true }).fill("nodes");
    await form.getByRole("button", { name: "Save" }).evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
      button.form?.requestSubmit(button);
    });
    await form.getByText("No such group").waitFor();
    expect(sent).toBe(1);
    // It was refused: once more is another attempt.
    await form.getByRole("button", { name: "Save" }).click();
    await until("it is sent again", async () => sent === 2);
    await other.close();
  });
});
