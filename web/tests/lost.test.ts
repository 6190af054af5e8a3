// A primary that is gone for a while, for who goes on by the menu meanwhile.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import { signedIn } from "./browser";

describe("where nobody answers, a page that was never opened", () => {
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("says so in place, and comes once somebody answers", async () => {
    await page.goto("/groups");
    await page.getByRole("heading", { name: "Groups" }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Network rules" }).click();
    // The list that is left may say so too.
    await page.getByText("The primary does not answer.").first().waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    // Nothing but the portal shows what happens.
    expect(await page.getByRole("navigation", { name: "Pages" }).count()).toBe(1);
    await page.context().setOffline(false);
    await page.getByRole("heading", { name: "Network rules" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/network");
  });
});
