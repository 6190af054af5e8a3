import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { comparePage, imagePage, memberId } from "./api";
import { type Look, settled, signIn, type Visit, visit } from "./browser";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SCREENSHOTS = new URL("../../target/portal/", import.meta.url).pathname;

/** Pages by a name for their picture; `then` leads further into the page. */
const PAGES: [name: string, path: string | (() => Promise<string>)][] = [
  ["dashboard", "/"],
  ["clusters", "/clusters"],
  ["clusters-join", "/clusters?open=join"],
  ["cluster", async () => `/clusters/${await memberId("staging")}`],
  ["groups", "/groups"],
  ["group", "/groups?open=fed.orders"],
  ["admission", "/admission"],
  ["admission-new", "/admission?open=new"],
  ["network", "/network"],
  ["network-new", "/network?open=new"],
  ["registries", "/registries"],
  ["registry", "/registries/fed.shop"],
  ["registry-edit", "/registries/fed.shop?open=edit"],
  ["images", "/images"],
  ["image", () => imagePage("shop/orders", "v1")],
  ["image-layers", async () => `${await imagePage("shop/orders", "v1")}?tab=layers`],
  ["compare", comparePage],
  ["verifiers", "/verifiers"],
  ["verifiers-new", "/verifiers?open=root"],
  ["events", "/events"],
  ["audit", "/audit?tab=event"],
  ["users", "/users"],
  ["user-new", "/users?open=new"],
  ["profile", "/profile"],
  ["system", "/system"],
];

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function violations(page: Visit["page"]): Promise<string[]> {
  const result = await page.evaluate(
    () =>
      (globalThis as unknown as { axe: { run: (o: object) => Promise<AxeResult> } }).axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      }) as Promise<AxeResult>,
  );
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
  );
}

const LOOKS: [string, Look][] = [
  ["light", { theme: "light" }],
  ["dark", { theme: "dark" }],
  ["narrow", { theme: "light", width: 390 }],
  ["zh", { theme: "dark", language: "zh-CN" }],
];

describe.each(LOOKS)("pages, %s", (look, options) => {
  let seen: Visit;
  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    seen = await visit(options);
    // The program of axe is put into the page past its content security policy.
    await seen.page.addInitScript({ path: AXE });
  });
  afterAll(() => seen.close());

  it("sign-in", async () => {
    await seen.page.goto("/sign-in");
    await settled(seen.page);
    await seen.page.screenshot({ path: `${SCREENSHOTS}${look}-sign-in.png` });
    expect(await violations(seen.page)).toEqual([]);
    await signIn(seen.page);
  });

  it.each(PAGES)("%s", async (name, where) => {
    const { page, faults } = seen;
    const path = typeof where === "string" ? where : await where();
    await page.goto(path);
    await settled(page);
    await page.screenshot({
      path: `${SCREENSHOTS}${look}-${name}.png`,
      fullPage: !path.includes("open="),
    });
    expect(await violations(page)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, "the page scrolls sideways").toBe(0);
    expect(faults.splice(0)).toEqual([]);
  });
});
