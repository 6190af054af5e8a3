// Lists that are longer than anybody scrolls, as the primary would answer them.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { signedIn, signIn, type Visit, visit } from "./browser";
import { until } from "./shop";

describe("a federation of 1,000 clusters", () => {
  const many = Array.from({ length: 1_000 }, (_, at) => ({
    id: String(at).padStart(32, "0"),
    name: `store-${at}`,
    status: at % 50 === 0 ? "disconnected" : "synced",
    rest_info: { server: "", port: 0 },
    revision: 7,
    agent_version: "0.1.0",
    last_seen: "2026-01-01T00:00:00Z",
  }));
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
    await page.route(/\/v1\/fed\/member(\?|$)/, async (route) => {
      const answer = await (await route.fetch()).json();
      const asked = new URL(route.request().url()).searchParams;
      const start = Number(asked.get("start") ?? 0);
      const named = asked.get("f_name")?.replace("in,", "") ?? "";
      const found = many.filter(
        (one) =>
          one.name.includes(named) &&
          one.name.includes(asked.get("find") ?? "") &&
          one.status === (asked.get("f_status") ?? one.status) &&
          one.id === (asked.get("cluster") ?? one.id),
      );
      const joint_clusters = found.slice(start, start + Number(asked.get("limit") ?? 1_000));
      const summary = { revision: 7, statuses: { synced: 980, disconnected: 20 } };
      await route.fulfill({ json: { ...answer, joint_clusters, summary } });
    });
  });
  afterAll(async () => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await seen.close();
  });

  it("has only the rows in sight in the page, at its end too", async () => {
    await page.goto("/clusters?sort=name");
    const rows = page.locator("[data-row]");
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(60);
    await rows.first().getByRole("link").focus();
    // The end of what was read; the next page follows.
    const last = page.locator("a:focus").getByText("store-999", { exact: true });
    await until("the last one is reached", async () => {
      await page.keyboard.press("End");
      return (await last.count()) === 1;
    });
    expect(await rows.count()).toBeLessThan(60);
    await page.getByLabel("State").first().selectOption("disconnected");
    await page.getByText("20 rows").waitFor();
  });

  it("finds one of them by its name, and looks at it alone", async () => {
    await page.getByRole("button", { name: /^Scope/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("There are more clusters than are listed").waitFor();
    await dialog.getByRole("combobox").fill("store-321");
    await until("one is found", async () => (await dialog.getByRole("option").count()) === 1);
    await page.keyboard.press("Enter");
    await page.getByText("You look at store-321 alone").waitFor();
  });
});

describe("a list that grows at its top", () => {
  let seen: Visit;
  let page: Page;
  let count = 300;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
    await page.route("**/v1/fed/events?*", (route) => {
      const query = new URL(route.request().url()).searchParams;
      const start = Number(query.get("start") ?? 0);
      const length = Math.min(Number(query.get("limit") ?? 100), count - start);
      const events = Array.from({ length }, (_, at) => ({
        ...{ cluster_id: "00", cluster_name: "staging", seq: count - start - at },
        ...{ reported_timestamp: 1_700_000_000, reported_at: "2023-11-14T22:13:20Z" },
        ...{ category: "event", level: "Info", name: `Record ${count - start - at}`, detail: {} },
      }));
      return route.fulfill({ json: { events } });
    });
  });
  afterAll(async () => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await seen.close();
  });

  it("stays where it is read", async () => {
    await page.goto("/events");
    await page.getByText("Record 300", { exact: true }).waitFor();
    await page.mouse.move(640, 500);
    await page.mouse.wheel(0, 2_000);
    const middle = () =>
      page.evaluate(() => {
        const there = document.elementFromPoint(640, innerHeight / 2)?.closest("[data-row]");
        return {
          name: there?.querySelector("button")?.textContent ?? "",
          top: Math.round(there?.getBoundingClientRect().top ?? 0),
          index: Number((there as HTMLElement | undefined)?.dataset.index),
        };
      });
    let before = await middle();
    await until("it stands still", async () => {
      const now = await middle();
      // It was scrolled, which takes a while, and moves no more.
      const isDown = now.index > 20;
      const stands = isDown && now.top === before.top && now.name === before.name;
      before = now;
      return stands && now.name !== "";
    });
    count += 3;
    await until("three came in above", async () => {
      // As when somebody comes back to the page: it is read again.
      await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
      return (await middle()).index === before.index + 3;
    });
    expect(await middle()).toEqual({ ...before, index: before.index + 3 });
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByText("Record 303", { exact: true }).waitFor();
  });
});

describe("a history of 200 revisions", () => {
  const ALL = 200;
  let page: Page;
  signedIn((seen) => {
    page = seen.page;
  });

  it("goes on by what was before, and ends where the primary says so", async () => {
    const skipped: string[] = [];
    await page.route("**/v1/fed/history?*", (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (Number(query.get("start") ?? 0) > 0) skipped.push(route.request().url());
      const before = Number(query.get("before") ?? ALL + 1);
      const length = Math.min(Number(query.get("limit") ?? 50), before - 1);
      const revisions = Array.from({ length }, (_, at) => ({
        ...{ revision: before - 1 - at, at: "2026-01-01T00:00:00Z", actor: "admin", source: "" },
        ...{ objects: 1, changes: [{ kind: "group", name: "fed.orders", action: "update" }] },
      }));
      const next = before - length;
      return route.fulfill({ json: { revisions, ...(next > 1 && { next }) } });
    });
    await page.goto("/history");
    const rows = page.locator("[data-row]");
    await rows.first().getByRole("button").focus();
    await until("it is read to its end", async () => {
      await page.keyboard.press("End");
      return (await page.locator('[data-row="1"]').count()) === 1;
    });
    await page.getByText("200 rows", { exact: true }).waitFor();
    expect(await rows.count()).toBeLessThan(60);
    expect(skipped).toEqual([]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});

describe("100,000 vulnerabilities", () => {
  const ALL = 100_000;
  /** Pixels and turns of the wheel: as quickly as somebody who looks for the end. */
  const TURN = 1_500;
  const TURNS = 120;
  /** Where the pages begin that were asked for, and those that were once more. */
  const asked = new Set<number>();
  let again: number[] = [];
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    seen = await visit();
    page = seen.page;
    await signIn(page);
    await page.route("**/v1/fed/vulnerabilities?*", (route) => {
      const query = new URL(route.request().url()).searchParams;
      const start = Number(query.get("start") ?? 0);
      const count = Math.min(Number(query.get("limit") ?? 100), ALL - start);
      if (asked.has(start)) again.push(start);
      asked.add(start);
      const vulnerabilities = Array.from({ length: count }, (_, at) => ({
        name: `CVE-2024-${String(start + at).padStart(6, "0")}`,
        severity: "High",
        score: 0,
        score_v3: 7.5,
        fixable: at % 2 === 0,
        kev: false,
        epss: 0.1,
        epss_percentile: 0.5,
        published_timestamp: 0,
        link: "",
        description: "",
        packages: ["openssl"],
        images: 1,
      }));
      return route.fulfill({ json: { vulnerabilities } });
    });
  });
  afterAll(async () => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await seen.close();
  });

  it("scroll without a blank row", async () => {
    await page.goto("/vulnerabilities");
    await page.locator("[data-row]").first().waitFor();
    await page.mouse.move(640, 500);
    // At each picture that the browser draws, what lies in the middle of the table is a row.
    await page.evaluate(() => {
      const state = globalThis as { drawn?: number; blank?: number };
      state.drawn = 0;
      state.blank = 0;
      const look = () => {
        const body = document.querySelector(".table-body")?.getBoundingClientRect();
        const middle = window.innerHeight / 2;
        if (body && body.top < middle && body.bottom > middle) {
          state.drawn = (state.drawn ?? 0) + 1;
          const there = document.elementFromPoint(window.innerWidth / 2, middle);
          if (!there?.closest("[data-row]")) state.blank = (state.blank ?? 0) + 1;
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    const last = page.locator("[data-row]").last();
    let turns = 0;
    await until("some thousand rows have gone by", async () => {
      for (const next = turns + 10; turns < next; turns += 1) {
        await page.mouse.wheel(0, TURN);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
      }
      const number = Number((await last.getAttribute("data-row"))?.slice(-6));
      return turns >= TURNS && number >= 1_000;
    });
    const state = await page.evaluate(() => {
      const { drawn, blank } = globalThis as { drawn?: number; blank?: number };
      return { drawn, blank };
    });
    expect(state.drawn).toBeGreaterThan(TURNS / 2);
    expect(state.blank).toBe(0);
    expect(await page.locator("[data-row]").count()).toBeLessThan(60);
  });

  it("are read again where they are looked at", async () => {
    again = [];
    await until("they are read again", async () => {
      await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
      return again.length > 0;
    });
    expect(Math.min(...again)).toBeGreaterThan(500);
    // What is above is, once somebody goes there.
    await page.evaluate(() => scrollTo(0, 0));
    await until("the first ones are read again", async () => again.includes(0));
    await page.getByText("CVE-2024-000000").waitFor();
  });
});
