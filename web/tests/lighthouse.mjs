// Lighthouse on the sign-in page, the dashboard and the great lists of a running
// coffee shop. How fast a page appears depends on what else the machine does,
// so the best of a few tries counts. Usage: web/tests/lighthouse.sh, which is run by the coffee shop;
// with --slow also how soon the dashboard takes clicks on a slow processor, which a busy
// machine cannot tell.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";

const WANTED = 95;
const TRIES = 5;
/** How soon a page must take clicks on a processor that is four times slower. */
const INTERACTIVE_MS = 1_500;
const SLOWER = 4;
const SLOW_TRIES = 8;
/** The stream of changes never ends: a page with it is never done loading. */
const LOADED_WITHIN_MS = 10_000;
const CATEGORIES = ["performance", "accessibility", "best-practices"];
/** Pages of somebody who is signed in. */
const PAGES = [
  ["dashboard", "/"],
  ["clusters", "/clusters"],
  ["vulnerabilities", "/vulnerabilities"],
  ["images", "/images"],
  ["events", "/events"],
];

const portal = process.env.PRIMARY_PORTAL;
const password = readFileSync(`${process.env.PALISADE_RUN_DIR}/password`, "utf8").trim();

const probe = createServer().listen(0, "127.0.0.1");
await new Promise((done) => probe.once("listening", done));
const { port } = probe.address();
await new Promise((done) => probe.close(done));

const folder = await mkdtemp(join(tmpdir(), "palisade-lighthouse-"));
const context = await chromium.launchPersistentContext(folder, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--ignore-certificate-errors",
    `--remote-debugging-port=${port}`,
  ],
  headless: true,
  ignoreHTTPSErrors: true,
});

async function audit(url, limits, slower = 1, tries = 3) {
  const throttling = { ...desktopConfig.settings.throttling, cpuSlowdownMultiplier: slower };
  const result = await lighthouse(
    url,
    {
      port,
      ...limits,
      disableStorageReset: true,
      logLevel: "error",
      maxWaitForLoad: LOADED_WITHIN_MS,
    },
    { ...desktopConfig, settings: { ...desktopConfig.settings, throttling } },
  );
  // The browser loses the begin of a trace now and then, or has no turn for long on a
  // busy machine. Those are no marks of the page.
  if (["NO_NAVSTART", "PAGE_HUNG"].includes(result?.lhr.runtimeError?.code) && tries > 1) {
    return audit(url, limits, slower, tries - 1);
  }
  if (!result || result.lhr.runtimeError) throw new Error(result?.lhr.runtimeError?.message);
  return result.lhr;
}

/** The marks of a page, and what cost it some. */
async function look(url) {
  const { categories, audits } = await audit(url, { onlyCategories: CATEGORIES });
  const marks = {};
  const lost = [];
  for (const id of CATEGORIES) {
    marks[id] = Math.round((categories[id].score ?? 0) * 100);
    for (const { id: name, weight } of categories[id].auditRefs) {
      const { score, displayValue, title } = audits[name];
      if (weight > 0 && score !== null && score < 0.9)
        lost.push(`${id}: ${title} ${displayValue ?? ""}`);
    }
  }
  return { marks, lost };
}

/** The best of a few tries, by mark: the machine may have been busy. */
async function judge(name, url) {
  const best = {};
  let lost = [];
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const seen = await look(url);
    for (const id of CATEGORIES) best[id] = Math.max(best[id] ?? 0, seen.marks[id]);
    lost = seen.lost;
    const marks = CATEGORIES.map((id) => `${id} ${seen.marks[id]}`).join(", ");
    process.stdout.write(`lighthouse: ${name}: ${marks}\n`);
    if (CATEGORIES.every((id) => best[id] >= WANTED)) return true;
  }
  process.stdout.write(`lighthouse: ${name} lost marks by:\n${lost.join("\n")}\n`);
  return false;
}

/** Whether a page takes clicks soon, though the processor is slow. */
async function judgeSlow(name, url) {
  for (let attempt = 1; attempt <= SLOW_TRIES; attempt += 1) {
    const { audits } = await audit(url, { onlyAudits: ["interactive"] }, SLOWER);
    const ms = Math.round(audits.interactive.numericValue ?? Number.POSITIVE_INFINITY);
    process.stdout.write(`lighthouse: ${name}, ${SLOWER} times slower: interactive in ${ms} ms\n`);
    if (ms <= INTERACTIVE_MS) return true;
  }
  return false;
}

let enough = false;
try {
  enough = await judge("sign-in", `${portal}/sign-in`);
  const page = await context.newPage();
  await page.goto(`${portal}/`);
  await page.locator("input[name=username]").fill("admin");
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.locator("main#content h1").waitFor();
  await page.close();
  for (const [name, path] of PAGES) enough = (await judge(name, portal + path)) && enough;
  if (process.argv.includes("--slow"))
    enough = (await judgeSlow("dashboard", `${portal}/`)) && enough;
} finally {
  await context.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = enough ? 0 : 1;
