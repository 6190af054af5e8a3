// What a cluster has of its own, looked at with that cluster as the scope.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { create, memberId, remove } from "./api";
import { row, settled, signIn, type Visit, visit } from "./browser";
import { until } from "./shop";

const stamp = Date.now().toString(36);

describe("of a cluster's own,", () => {
  let seen: Visit;
  let page: Page;
  let home: string;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
    home = await memberId("production");
  });
  afterAll(() => seen.close());

  /** Types what a confirmation asks for, and confirms it. */
  async function confirm(text: string, action: string) {
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill(text);
    await dialog.getByRole("button", { name: action }).click();
    await dialog.waitFor({ state: "detached" });
  }

  it("an admission rule of the home cluster becomes one of all, by its typed number", async () => {
    const comment = `our own ${stamp}`;
    const criteria = [{ name: "namespace", op: "containsAny", value: `none-${stamp}` }];
    await create(`/v1/fed/cluster/${home}/v1/admission/rule`, {
      config: {
        ...{ id: 0, category: "Kubernetes", cfg_type: "user_created", rule_type: "deny" },
        ...{ comment, disable: true, criteria, containers: ["containers"] },
      },
    });
    await page.goto(`/admission?scope=c:${home}`);
    const own = row(page, comment);
    await own.getByRole("button").click();
    const dialog = page.getByRole("dialog");
    const id = ((await dialog.getByRole("heading").first().textContent()) ?? "").replace(/\D/g, "");
    await dialog.getByRole("button", { name: "Promote to the federation" }).click();
    await dialog.getByText("All clusters obey a copy of the rule").waitFor();
    await confirm(id, "Promote to the federation");
    // The original stays, and nobody promotes what is federated.
    await until("both are there", async () => (await own.count()) === 2);
    await row(page, comment).filter({ hasText: "federated" }).getByRole("button").click();
    const copy = (await dialog.getByRole("heading").first().textContent()) ?? "";
    expect(await dialog.getByRole("button", { name: "Promote to the federation" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await remove(`/v1/admission/rule/${copy.replace(/\D/g, "")}`);
    await remove(`/v1/fed/cluster/${home}/v1/admission/rule/${id}`);
    await own.first().waitFor({ state: "detached" });
  });

  it("a group is of what is outside, and its list says so", async () => {
    await page.goto(`/groups?scope=c:${home}`);
    await row(page, "external").getByText("All outside").waitFor();
  });

  it("a federated group is only shown: narrow, too, how its criterion compares stands beside with what", async () => {
    onTestFinished(() => page.setViewportSize({ width: 1280, height: 800 }));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/groups?scope=c:${home}&open=fed.orders`);
    const dialog = page.getByRole("dialog");
    const [how, what] = await Promise.all(
      ["How", "With"].map(async (label) => {
        const part = await dialog.getByLabel(label, { exact: true }).boundingBox();
        return part ? part.y + part.height / 2 : 0;
      }),
    );
    expect(how).toBeGreaterThan(0);
    expect(what).toBeCloseTo(how ?? 0, -1);
  });

  it("a node is scanned when somebody asks, and says what was found", async () => {
    const node = {
      id: "node-1:0123",
      name: "node-1",
      os: "Debian 12",
      kernel: "6.1",
      containers: 3,
    };
    let scan_summary: object = { status: "" };
    const cluster = `**/v1/fed/cluster/${home}/v1`;
    await page.route(`${cluster}/host?*`, (route) =>
      route.fulfill({ json: { hosts: [{ ...node, scan_summary }] } }),
    );
    await page.route(`${cluster}/host/*`, (route) =>
      route.fulfill({ json: { host: { ...node, scan_summary } } }),
    );
    await page.route(`${cluster}/scan/host/*`, (route) => {
      if (route.request().method() === "GET")
        return route.fulfill({
          json: {
            report: {
              vulnerabilities: [
                {
                  ...{ name: "CVE-2023-38545", severity: "Critical", package_name: "curl" },
                  ...{ package_version: "7.88", fixed_version: "8.4" },
                },
              ],
            },
          },
        });
      scan_summary = { status: "finished", critical: 1, scanned_timestamp: 1_700_000_000 };
      return route.fulfill({ body: "" });
    });
    await page.goto(`/workloads?tab=nodes&scope=c:${home}`);
    await row(page, "node-1").getByRole("button", { name: "node-1", exact: true }).click();
    const panel = page.getByRole("dialog");
    await panel.getByText("Not scanned").waitFor();
    await panel.getByRole("button", { name: "Scan", exact: true }).click();
    await panel.getByText("CVE-2023-38545").waitFor();
    await panel.getByText("curl 7.88 → 8.4").waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    const found = page.waitForRequest((one) => one.url().includes("/host?f_name=in%2Cnode-1"));
    await page.locator("main").getByLabel("Node", { exact: true }).fill("node-1");
    await found;
    await page.unrouteAll({ behavior: "ignoreErrors" });
    // All clusters at once cannot be asked.
    await page.goto("/workloads?tab=nodes");
    await settled(page);
    await page.getByText("Choose a cluster as the scope").waitFor();
    expect(seen.faults).toEqual([]);
  });
});
