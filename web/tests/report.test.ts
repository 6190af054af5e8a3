import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { memberId } from "./api";
import { row, settled, signIn, type Visit, visit } from "./browser";

async function download(page: Page, button: string | RegExp): Promise<[string, string]> {
  const arrival = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const file = await arrival;
  return [file.suggestedFilename(), readFileSync(await file.path(), "latin1")];
}

describe("the risk report", () => {
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page, "/risk-report");
    await settled(page);
  });
  afterAll(() => seen.close());

  const backToIt = async () => {
    await page.goto("/risk-report");
    await settled(page);
  };

  it("names the clusters and the gravest images", async () => {
    onTestFinished(backToIt);
    const clusters = page.getByRole("region", { name: "Clusters" }).first();
    await clusters.getByText("staging").first().waitFor();
    const images = page.getByRole("region", { name: "Images with the gravest findings" }).first();
    await images.getByText("shop/orders:v1").first().waitFor();
    // Without findings it is none of these.
    expect(await images.getByText("shop/web:v1").count()).toBe(0);
    await clusters.getByRole("link", { name: "staging" }).click();
    await page.waitForURL("**/clusters?**");
    await row(page, "staging").first().waitFor();
  });

  it("leads to its images, and to the rules that denied and where", async () => {
    onTestFinished(backToIt);
    const id = await memberId("staging");
    const denial = {
      ...{ cluster_id: id, cluster_name: "staging", seq: 1, denied: true, user: "barista" },
      ...{ reported_at: "2026-06-10T12:00:00Z", reported_timestamp: 1_781_092_800 },
      ...{ admission_rule_id: 100_905, admission_rule_cfg_type: "federal", message: "" },
      ...{ workload: "orders", namespace: "shop", image: "", critical: 0, high: 0 },
    };
    await page.route("**/v1/fed/denials?*", (route) =>
      route.fulfill({ json: { denials: [denial] } }),
    );
    onTestFinished(() => page.unrouteAll({ behavior: "ignoreErrors" }));
    await page.getByRole("button", { name: "Read again" }).click();
    const denials = page.getByRole("region", { name: /^Denials of/ }).first();
    const rule = denials.getByRole("link", { name: "100905" });
    await rule.waitFor();
    expect(await rule.getAttribute("href")).toBe("/admission?open=100905");
    const cluster = denials.getByRole("link", { name: "staging" });
    expect(await cluster.getAttribute("href")).toBe(`/clusters/${id}`);
    const images = page.getByRole("region", { name: "Images with the gravest findings" }).first();
    await images.getByRole("link", { name: "shop/orders:v1" }).click();
    await page.getByRole("heading", { name: "shop/orders:v1" }).waitFor();
  });

  it("stands beside a dashboard that names no image without findings either", async () => {
    onTestFinished(backToIt);
    const exposed = page.getByRole("region", { name: "Most exposed images" });
    await page.getByRole("link", { name: "Dashboard", exact: true }).click();
    const states = page.getByRole("region", { name: "Clusters by state" });
    await states.getByText(/^2 clusters/).waitFor();
    await exposed.getByText("shop/orders:v1").first().waitFor();
    expect(await exposed.getByText("shop/web:v1").count()).toBe(0);
  });

  it("is had as a PDF that says the same", async () => {
    const [name, text] = await download(page, "Download PDF");
    expect(name).toMatch(/^risk-report-\d{4}-\d{2}-\d{2}\.pdf$/);
    expect(text.startsWith("%PDF-1.")).toBe(true);
    expect(text.trimEnd().endsWith("%%EOF")).toBe(true);
    for (const said of ["Risk report", "staging", "shop/orders:v1", "Page 1 of"]) {
      expect(text, said).toContain(said);
    }
  });

  // At any moment it is another day than in Greenwich in one of them.
  it.each(["Pacific/Tongatapu", "Pacific/Pago_Pago"])(
    "is called by the day that it is in %s",
    async (timezone) => {
      const there = await visit({ timezone });
      onTestFinished(there.close);
      await signIn(there.page, "/risk-report");
      await settled(there.page);
      const day = await there.page.evaluate(() => new Date().toLocaleDateString("sv-SE"));
      const [name] = await download(there.page, "Download PDF");
      expect(name).toBe(`risk-report-${day}.pdf`);
    },
  );

  it("is printed on white, whatever its reader chose to look at", async () => {
    const root = page.locator("html");
    onTestFinished(async () => {
      await page.emulateMedia({ media: null });
      await root.evaluate((html) => html.removeAttribute("data-theme"));
    });
    await root.evaluate((html) => html.setAttribute("data-theme", "dark"));
    await page.emulateMedia({ media: "print" });
    expect(await root.evaluate((html) => getComputedStyle(html).colorScheme)).toBe("light");
  });

  it("is had as CSV, part by part", async () => {
    const [name, text] = await download(page, /CSV: Vulnerabilities most likely/);
    expect(name).toBe("likely.csv");
    const [head = "", first = ""] = text.split(/\r?\n/);
    expect(head.split(",")).toContain("epss");
    expect(first).toMatch(/CVE-|DSA-|GHSA-/);
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
