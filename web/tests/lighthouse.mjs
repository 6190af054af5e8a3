// Lighthouse on the sign-in page and the dashboard of a running coffee shop.
// Accessibility and best practices must be right at once; how fast a page
// appears depends on what else the machine does, so the best of a few tries
// counts. Usage: web/tests/lighthouse.sh, which is run by the coffee shop.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";

const WANTED = 95;
const TRIES = 3;
/** The stream of changes never ends: a page with it is never done loading. */
const LOADED_WITHIN_MS = 15_000;
const CATEGORIES = ["performance", "accessibility", "best-practices"];

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

/** The marks of a page, and what cost it some. */
async function look(url) {
  const result = await lighthouse(
    url,
    {
      port,
      onlyCategories: CATEGORIES,
      disableStorageReset: true,
      logLevel: "error",
      maxWaitForLoad: LOADED_WITHIN_MS,
    },
    desktopConfig,
  );
  if (!result || result.lhr.runtimeError) throw new Error(result?.lhr.runtimeError?.message);
  const marks = {};
  const lost = [];
  for (const id of CATEGORIES) {
    const category = result.lhr.categories[id];
    marks[id] = Math.round((category.score ?? 0) * 100);
    for (const { id: audit, weight } of category.auditRefs) {
      const { score, displayValue, title } = result.lhr.audits[audit];
      if (weight > 0 && score !== null && score < 0.9)
        lost.push(`${id}: ${title} ${displayValue ?? ""}`);
    }
  }
  return { marks, lost };
}

async function judge(name, url) {
  let best;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const seen = await look(url);
    const now = CATEGORIES.map((id) => seen.marks[id]).join(" ");
    process.stdout.write(`lighthouse: ${name}, try ${attempt}: ${now}\n`);
    if (!best || seen.marks.performance > best.marks.performance) best = seen;
    if (CATEGORIES.every((id) => seen.marks[id] >= WANTED)) {
      best = seen;
      break;
    }
  }
  const marks = CATEGORIES.map((id) => `${id} ${best.marks[id]}`).join(", ");
  process.stdout.write(`lighthouse: ${name}: ${marks}\n`);
  const enough = CATEGORIES.every((id) => best.marks[id] >= WANTED);
  if (!enough) process.stdout.write(`${best.lost.join("\n")}\n`);
  return enough;
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
  enough = (await judge("dashboard", `${portal}/`)) && enough;
} finally {
  await context.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = enough ? 0 : 1;
