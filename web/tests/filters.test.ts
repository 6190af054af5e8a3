// Lists are limited by what their pages offer, and a link shows the same again.

import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import { settled, signedIn } from "./browser";
import { until } from "./shop";

interface Limited {
  path: string;
  /** Chooses on the page. */
  choose: (main: Locator) => Promise<unknown>;
  /** What the address says then. */
  said: [key: string, value: string];
  /** What is still listed, and what no longer is. */
  stays: string | undefined;
  goes: string;
}

const LISTS: Limited[] = [
  {
    path: "/vulnerabilities",
    choose: (main) => main.getByLabel("Package", { exact: true }).fill("curl"),
    said: ["package", "curl"],
    stays: "CVE-2023-38545",
    goes: "CVE-2023-4863",
  },
  {
    // The clusters of the shop run nothing.
    path: "/vulnerabilities",
    choose: (main) => main.locator(".facet").getByLabel("Runs").selectOption("Somewhere"),
    said: ["running", "true"],
    stays: undefined,
    goes: "CVE-2023-4863",
  },
  {
    path: "/registries/fed.shop",
    choose: (main) => main.locator(".facet").getByLabel("Findings").selectOption("Critical"),
    said: ["severity", "Critical"],
    stays: "shop/orders:v1",
    goes: "shop/payments:v1",
  },
  {
    // The images of the shop have graver ones, and none of these.
    path: "/registries/fed.shop",
    choose: (main) => main.locator(".facet").getByLabel("Findings").selectOption("Medium"),
    said: ["severity", "Medium"],
    stays: undefined,
    goes: "shop/orders:v1",
  },
  {
    path: "/images",
    choose: (main) => main.locator(".facet").getByLabel("State").selectOption("Failed"),
    said: ["status", "failed"],
    stays: undefined,
    goes: "shop/orders:v1",
  },
];

describe("a list is limited, and so is the link to it, at", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it.each(LISTS)("$path by $said", async ({ path, choose, said: [key, value], stays, goes }) => {
    const main = page.locator("main");
    const listed = (text: string) => main.locator("[data-row]").filter({ hasText: text });
    const limited = async () => {
      await listed(goes).waitFor({ state: "detached" });
      if (stays) await listed(stays).first().waitFor();
      else await main.getByText("Nothing fits the filter").waitFor();
    };
    await page.goto(path);
    await listed(goes).first().waitFor();
    await choose(main);
    await limited();
    const said = () => new URL(page.url()).searchParams.get(key);
    await until("the address says it", async () => said() === value);
    await page.reload();
    await settled(page);
    await limited();
    expect(said()).toBe(value);
  });
});
