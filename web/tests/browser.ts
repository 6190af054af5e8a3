// A browser of Debian, headless, with an eye on what pages must not do.

import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

import { shop } from "./shop";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** How long a page may take to show what is waited for. */
const PATIENCE_MS = 45_000;

export interface Visit {
  page: Page;
  /** What went wrong on the way: errors on the console, requests to elsewhere. */
  faults: string[];
  close: () => Promise<void>;
}

export interface Look {
  theme?: "light" | "dark";
  width?: number;
  language?: "en-GB" | "zh-CN";
  /** Where on earth they are, by the name of their time zone. */
  timezone?: string;
}

let browser: Promise<Browser> | undefined;
// It goes with the file whose tests started it.
afterAll(async () => (await browser)?.close());

/** Somebody at a browser, with nothing from before. */
export async function visit({
  theme = "light",
  width = 1280,
  language = "en-GB",
  timezone,
}: Look = {}): Promise<Visit> {
  browser ??= chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, headless: true });
  const context = await (await browser).newContext({
    ignoreHTTPSErrors: true,
    colorScheme: theme,
    locale: language,
    ...(timezone && { timezoneId: timezone }),
    viewport: { width, height: width < 600 ? 844 : 800 },
    baseURL: shop.portal,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(shop.portal).origin) {
      faults.push(`request to ${request.url()}`);
    }
  });
  return {
    page,
    faults,
    close: async () => {
      // Each user has so many sessions at most; who is signed in by nothing is refused.
      const headers = { "X-Auth-Cookie": "true" };
      await context.request.delete(`${shop.portal}/v1/auth`, { headers });
      await context.close();
    },
  };
}

/** Signs in as the admin of the shop. */
export async function signIn(page: Page, to = "/") {
  await page.goto(to);
  await page.locator("input[name=username]").fill("admin");
  await page.locator("input[name=password]").fill(shop.password);
  await page.locator("button[type=submit]").click();
  await page.locator("main#content h1").waitFor();
}

/** Somebody who is signed in while the tests of a block run; the block is given their page. */
export function signedIn(take: (seen: Visit) => void, look?: Look) {
  let seen: Visit | undefined;
  beforeAll(async () => {
    seen = await visit(look);
    await signIn(seen.page);
    take(seen);
  });
  afterAll(() => seen?.close());
}

/** The rows of lists that say `text`. */
export function row(page: Page, text: string): Locator {
  return page.getByRole("row").filter({ hasText: text });
}

/** A page that shows no skeleton for so long has all that it asked for. */
const CALM_MS = 200;

/** Until nothing is being loaded any more. */
export async function settled(page: Page) {
  await page.locator("main h1").first().waitFor();
  await calm(page);
}

let calls = 0;

/** Until no skeleton is shown. */
export async function calm(page: Page) {
  calls += 1;
  await page.waitForFunction(
    ([long, call]) => {
      const state = globalThis as { call?: number; since?: number | undefined };
      // That it was calm when somebody else waited for it says nothing of now.
      if (state.call !== call || document.querySelector(".skeleton")) state.since = undefined;
      else state.since ??= performance.now();
      state.call = call;
      return state.since !== undefined && performance.now() - state.since > long;
    },
    [CALM_MS, calls] as const,
  );
}
