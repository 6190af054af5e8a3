import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { row, signIn, type Visit, visit } from "./browser";
import { type Idp, startOpenId, startSaml } from "./idp";

const stamp = Date.now().toString(36);
const SAML = `saml-${stamp}`;
const OPENID = `openid-${stamp}`;

/** Somebody who never was here signs in at a provider. */
async function signInAt(name: string, login?: string) {
  const theirs = await visit();
  const { page } = theirs;
  await page.goto("/sign-in");
  await page.getByRole("button", { name: `Sign in with ${name}` }).click();
  if (login) await page.getByRole("link", { name: login }).click();
  await page.locator("main#content h1").waitFor();
  return theirs;
}

describe("an administrator", () => {
  let seen: Visit;
  let page: Page;
  let saml: Idp;
  let openId: Idp;
  beforeAll(async () => {
    [saml, openId] = await Promise.all([startSaml(), startOpenId()]);
    seen = await visit();
    page = seen.page;
    await signIn(page);
  });
  afterAll(async () => {
    await seen.close();
    saml.stop();
    openId.stop();
  });

  it("sets up a provider of SAML by its metadata, tries it, and maps a group", async () => {
    await page.goto("/providers");
    await page.getByRole("button", { name: "New SAML" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(SAML);
    await dialog.getByLabel("Metadata of the provider (XML)").fill(await saml.metadata());
    await dialog.getByRole("button", { name: "Map a group" }).click();
    await dialog.getByLabel("Group 1").fill("auditors");
    await dialog.getByLabel("Role 1").selectOption("reader");
    await dialog.getByText("Roles in single namespaces").first().click();
    await dialog.getByRole("button", { name: "Add a role" }).click();
    await dialog
      .getByLabel("Role 1 in single namespaces", { exact: true })
      .selectOption({ label: "Administrator" });
    await dialog.getByLabel("Namespaces of role 1").fill("shop-*");
    await dialog.getByRole("button", { name: "Try it" }).click();
    await dialog.getByText("It works.").waitFor();
    await dialog.getByLabel("SAMLResponse (base64)").fill("bm8geG1s");
    await dialog.getByRole("button", { name: "Try it" }).click();
    await dialog.getByText(/The message cannot be read as XML/).waitFor();
    // The refusal is an answer of the server, which browsers write to the console.
    seen.faults.length = 0;
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, SAML).getByText("auditors").waitFor();
    await page.goto(`/providers?open=${SAML}`);
    await dialog.getByText("Roles in single namespaces: shop-*").waitFor();
    await page.goto("/providers");
  });

  it("sets up a provider of OpenID Connect, and tries it", async () => {
    await page.getByRole("button", { name: "New OpenID" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(OPENID);
    await dialog.getByLabel("Issuer", { exact: true }).fill(openId.issuer);
    await dialog.getByLabel("Client", { exact: true }).fill("palisade");
    await dialog.getByLabel("Its secret").fill("client-secret");
    await dialog.getByLabel(/^Own certificate authority/).fill(openId.authority);
    await dialog.getByLabel("Role of users in no mapped group").selectOption("reader");
    await dialog.getByRole("button", { name: "Try it" }).click();
    await dialog.getByText("It works.").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(page, OPENID).waitFor();
  });

  it.each([
    ["SAML", SAML, "mary", "mary"],
    ["OpenID Connect", OPENID, "joe", undefined],
  ])("somebody signs in by %s", async (_, name, who, login) => {
    const theirs = await signInAt(name, login);
    expect(new URL(theirs.page.url()).search).toBe("");
    await theirs.page.goto("/profile");
    await theirs.page.getByText(`${name}:${who}`).first().waitFor();
    await theirs.close();
    await page.goto("/users");
    await row(page, `${name}:${who}`).waitFor();
  });

  it("somebody whom the provider does not let in is told so", async () => {
    const { page, close } = await visit();
    await page.goto("/sign-in?error=access_denied&error_description=Call+us&state=1");
    const alert = page.getByRole("alert");
    await alert.getByText("The provider did not sign you in (access_denied).").waitFor();
    expect(await page.getByText("Call us").count()).toBe(0);
    await page.goto("/sign-in?error=Call+us+at+once");
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    expect(await alert.count()).toBe(0);
    await close();
  });

  it("somebody signs out of the portal, and is sent to do so at the provider", async () => {
    const { page, close } = await signInAt(OPENID);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL(`${openId.issuer}/session/end?**`);
    // It knows whose session it is, and takes the address that they come back to: it asks
    // with a form of which nothing but its buttons is seen.
    await page.locator("form").waitFor({ state: "attached" });
    await page.goto("/profile");
    await page.getByRole("button", { name: `Sign in with ${OPENID}` }).waitFor();
    await close();
  });

  it("removes both, and their users with them", async () => {
    for (const name of [SAML, OPENID]) {
      await page.goto(`/providers?open=${name}`);
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Remove", exact: true }).click();
      await dialog.getByRole("textbox").fill(name);
      await dialog.getByRole("button", { name: "Remove" }).click();
      await dialog.waitFor({ state: "detached" });
      await row(page, name).waitFor({ state: "detached" });
    }
    expect(seen.faults.splice(0)).toEqual([]);
  });
});
