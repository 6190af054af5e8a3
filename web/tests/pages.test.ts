import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { comparePage, imagePage, memberId } from "./api";
import { settled, signIn, type Visit, visit } from "./browser";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SCREENSHOTS = new URL("../../target/portal/", import.meta.url).pathname;

/** A page as it is where one cluster is the scope. */
function inCluster(path: string): () => Promise<string> {
  return async () => {
    const scope = `scope=c:${await memberId("staging")}`;
    return path.includes("?") ? `${path}&${scope}` : `${path}?${scope}`;
  };
}

/** Pages by a name for their picture; `then` leads further into the page. */
const PAGES: [name: string, path: string | (() => Promise<string>)][] = [
  ["dashboard", "/"],
  ["dashboard-cluster", inCluster("/")],
  ["clusters", "/clusters"],
  ["clusters-join", "/clusters?open=join"],
  ["cluster", async () => `/clusters/${await memberId("staging")}`],
  ["workloads", "/workloads"],
  ["nodes", inCluster("/workloads?tab=nodes")],
  ["groups", "/groups"],
  ["group", "/groups?open=fed.orders"],
  ["admission", "/admission"],
  ["admission-new", "/admission?open=new"],
  ["admission-clusters", "/admission?tab=clusters"],
  ["admission-try", "/admission?tab=try"],
  ["network", "/network"],
  ["network-new", "/network?open=new"],
  ["response", "/response"],
  ["response-new", "/response?open=new"],
  ["dlp", "/dlp"],
  ["dlp-new", "/dlp?open=new"],
  ["waf-groups", "/waf?tab=groups"],
  ["history", "/history"],
  ["rollouts", "/history?tab=rollouts"],
  ["profiles", "/profiles"],
  ["process-profile", "/profiles?open=fed.orders"],
  ["file-profile", "/profiles?tab=file&open=fed.orders"],
  ["vulnerabilities", "/vulnerabilities"],
  ["vulnerability", "/vulnerabilities?open=CVE-2023-38545"],
  ["vex", "/vulnerabilities?tab=vex"],
  ["vex-new", "/vulnerabilities?tab=vex&open=new"],
  ["compliance", "/compliance"],
  ["accepted", "/accepted"],
  ["accepted-new", "/accepted?open=new"],
  ["registries", "/registries"],
  ["registry", "/registries/fed.shop"],
  ["registry-edit", "/registries/fed.shop?open=edit"],
  ["images", "/images"],
  ["images-running", "/images?tab=running"],
  ["image", () => imagePage("shop/orders", "v1")],
  ["image-layers", async () => `${await imagePage("shop/orders", "v1")}?tab=layers`],
  ["image-aside", async () => `${await imagePage("shop/orders", "v1")}?tab=aside`],
  ["compare", comparePage],
  ["verifiers", "/verifiers"],
  ["verifiers-new", "/verifiers?open=root"],
  ["events", "/events"],
  ["denials", "/denials"],
  ["risk-report", "/risk-report"],
  ["audit", "/audit?tab=event"],
  ["users", "/users"],
  ["user-new", "/users?open=new"],
  ["roles", "/roles"],
  ["role-new", "/roles?open=new"],
  ["providers", "/providers"],
  ["provider-ldap", "/providers?open=new+ldap"],
  ["provider-saml", "/providers?open=new+saml"],
  ["provider-oidc", "/providers?open=new+oidc"],
  ["api-keys", "/api-keys"],
  ["api-key-new", "/api-keys?open=new"],
  ["account", "/profile"],
  ["system", "/system"],
  ["api-reference", "/api-reference"],
  ["own-groups", inCluster("/groups")],
  ["own-group", inCluster("/groups?open=fed.orders")],
  ["own-admission-new", inCluster("/admission?open=new")],
  ["own-network", inCluster("/network")],
  ["own-response", inCluster("/response")],
  ["own-sensors", inCluster("/dlp")],
  ["own-sensor-groups", inCluster("/waf?tab=groups")],
  ["own-profiles", inCluster("/profiles")],
  ["own-webhooks", inCluster("/system")],
];

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

const EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** What axe says of colours. */
const COLOURS = ["color-contrast", "link-in-text-block"];

async function violations(page: Visit["page"], runOnly: string[]): Promise<string[]> {
  const result = await page.evaluate(
    (runOnly) =>
      (globalThis as unknown as { axe: { run: (o: object) => Promise<AxeResult> } }).axe.run({
        runOnly,
      }) as Promise<AxeResult>,
    runOnly,
  );
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
  );
}

/** Every page once, looked at in three ways. In other colours it is the same page, and narrow it has
 * the same colours: what axe says of it is said. */
const LOOKS: { name: string; theme: "light" | "dark"; width: number; rules: string[] }[] = [
  { name: "light", theme: "light", width: 1280, rules: EVERYTHING },
  { name: "dark", theme: "dark", width: 1280, rules: COLOURS },
  { name: "narrow", theme: "light", width: 390, rules: [] },
];

async function lookAt(page: Page, picture: string, dialog: boolean) {
  for (const { name, theme, width, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: width < 600 ? 844 : 800 });
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${picture}.png`, fullPage: !dialog });
    if (rules.length > 0) expect(await violations(page, rules), name).toEqual([]);
    expect(await overflow(page), `${name}: the page scrolls sideways`).toBe(0);
    expect(await overflow(page, ".tabs"), `${name}: the tabs scroll sideways`).toBe(0);
    expect(await smallTargets(page), `${name}: hard to hit`).toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

function overflow(page: Page, of = "html"): Promise<number> {
  return page.evaluate((of) => {
    const parts = [...document.querySelectorAll(of)];
    return Math.max(0, ...parts.map((one) => one.scrollWidth - one.clientWidth));
  }, of);
}

/** CSS pixels that a control is high and wide at least; links within text are as high as it. */
const TARGET_PX = 24;

function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const controls = "button, select, input, textarea, summary, a.button, nav a, [role=tab]";
    return [...document.querySelectorAll<HTMLElement>(controls)]
      .map((one) => one.closest("label") ?? one)
      .filter((one) => {
        const { width, height } = one.getBoundingClientRect();
        return width > 1 && height > 1 && (width < least || height < least);
      })
      .map((one) => one.outerHTML.slice(0, 160));
  }, TARGET_PX);
}

/** The address of a page, and whether a dialog stands above it. */
async function place(where: string | (() => Promise<string>)) {
  const path = typeof where === "string" ? where : await where();
  return { path, dialog: path.includes("open=") };
}

describe("in both themes and on a narrow screen, nothing hinders at", () => {
  /** Two go through the pages beside each other. */
  let free: Visit[];
  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    free = await Promise.all([visit(), visit()]);
    // The program of axe is put into the page past its content security policy.
    await Promise.all(free.map(({ page }) => page.addInitScript({ path: AXE })));
  });
  afterAll(() => Promise.all(free.map(({ close }) => close())));

  it("sign-in", async () => {
    const [first] = free;
    if (!first) throw new Error("nobody visits");
    await first.page.goto("/sign-in");
    await settled(first.page);
    await lookAt(first.page, "sign-in", false);
    await Promise.all(free.map(({ page }) => signIn(page)));
  });

  it.concurrent.for(PAGES)("%s", async ([name, where], { expect }) => {
    const seen = free.pop();
    if (!seen) throw new Error("more go at a time than there are visitors");
    try {
      const { path, dialog } = await place(where);
      await seen.page.goto(path);
      await settled(seen.page);
      await lookAt(seen.page, name, dialog);
      expect(seen.faults.splice(0)).toEqual([]);
    } finally {
      // What went wrong here is nothing that the next page did.
      seen.faults.length = 0;
      free.push(seen);
    }
  });
});

/** The pages with the longest texts. */
const WORDY = PAGES.filter(([name]) =>
  [
    "dashboard",
    "cluster",
    "admission",
    "admission-clusters",
    "admission-try",
    "compare",
    "network",
    "image",
    "risk-report",
    "system",
    "account",
  ].includes(name),
);

describe("in Chinese, everything has its place at", () => {
  let seen: Visit;
  beforeAll(async () => {
    seen = await visit({ language: "zh-CN", width: 390 });
    await signIn(seen.page);
  });
  afterAll(() => seen.close());

  it.each(WORDY)("%s", async (name, where) => {
    const { path } = await place(where);
    await seen.page.goto(path);
    await settled(seen.page);
    await seen.page.screenshot({ path: `${SCREENSHOTS}zh-${name}.png`, fullPage: true });
    expect(await overflow(seen.page), "the page scrolls sideways").toBe(0);
    expect(await seen.page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
