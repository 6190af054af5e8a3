// What the server tells by codes is said in the language of whoever reads it.

import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";

import { comparePage, memberId } from "./api";
import { row, signedIn, type Visit } from "./browser";
import { denied, denying } from "./denied";

const stamp = Date.now().toString(36);
/** Of the federation; no other test has it. */
const RULE = 101_777;

describe("in Chinese,", () => {
  let seen: Visit;
  let page: Page;
  signedIn(
    (visited) => {
      seen = visited;
      page = visited.page;
    },
    { language: "zh-CN" },
  );

  it("the step of a registry's test that fails, and why", async () => {
    await page.goto("/registries?open=new");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("地址").fill("http://127.0.0.1:1/");
    await dialog.getByRole("button", { name: "测试设置" }).click();
    const steps = dialog.getByRole("listitem");
    await steps.filter({ hasText: "连接 http://127.0.0.1:1" }).waitFor();
    await steps.filter({ hasText: "无法连接到仓库" }).waitFor();
  });

  it("the step of a directory's test that fails", async () => {
    await page.goto("/providers?open=new+ldap");
    const answer = { code: 44, error: "Test failed", message: "refused", reason: "bind" };
    await page.route("**/v1/debug/server/test", (route) =>
      route.fulfill({ status: 400, json: answer }),
    );
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "试一试" }).click();
    await dialog
      .getByRole("alert")
      .filter({ hasText: "目录拒绝用于查询用户的账户：refused" })
      .waitFor();
    await page.unroute("**/v1/debug/server/test");
  });

  it("the rule that denied, what it asks for, and what met it", async () => {
    onTestFinished(await denying(RULE, `codes ${stamp}`));
    await denied(`codes-${stamp}`);
    await page.goto("/denials");
    const mine = row(page, `codes-${stamp}`).first();
    await mine.getByRole("link", { name: `规则 ${RULE}` }).waitFor();
    await mine.getByText("命名空间 属于其中之一 shop").waitFor();
    await mine.getByRole("link", { name: `规则 ${RULE}` }).click();
    await page
      .getByRole("dialog")
      .getByRole("heading", { name: `规则 ${RULE}` })
      .waitFor();
  });

  it("why a cluster could not put an object in force, with the way to it", async () => {
    const id = await memberId("staging");
    const error = { kind: "network rule", name: "100001", revision: 7, code: 6 };
    await page.route(`**/v1/fed/member/${id}/errors`, (route) =>
      route.fulfill({ json: { errors: [{ ...error, field: "ports", error: "no port" }] } }),
    );
    await page.goto(`/clusters/${id}`);
    await page.getByText("请求格式有误：no port （字段 ports）").waitFor();
    await page.getByRole("link", { name: "100001" }).click();
    await page.getByRole("dialog").getByRole("heading", { name: "规则 100001" }).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  it("what happened by itself, what is built in, and where a file is chosen", async () => {
    await page.goto("/audit?tab=event&name=Federation.Policy.Sync");
    await page.getByText("联邦对象已应用，直至修订").first().waitFor();
    await page.goto("/dlp");
    await row(page, "fed.sensor.creditcard").getByText("信用卡号").waitFor();
    await page.goto("/vulnerabilities?tab=vex&open=new");
    const file = page.getByRole("dialog").locator(".file");
    expect(await file.getAttribute("data-choose")).toBe("选择文件");
    const content = Buffer.from("{}");
    const chosen = { name: "vex.json", mimeType: "application/json", buffer: content };
    await page.getByLabel("从文件读取").setInputFiles(chosen);
    await page.locator('.file[data-chosen="vex.json"]').waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  });

  it("what a check found in one of two images", async () => {
    await page.goto(await comparePage());
    await page.getByText("I.4.1 镜像以 root 运行").waitFor();
  });

  it("who was refused by the primary", async () => {
    await page.route("**/v1/user?*", (route) =>
      route.fulfill({
        status: 403,
        json: { code: 25, error: "", message: 'The role "taster" may not do this.' },
      }),
    );
    await page.goto("/users");
    await page.getByText("角色 taster 无权执行此操作。").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    seen.faults.splice(0);
  });

  it("which permission a page needs that may not be read", async () => {
    await page.route("**/v1/selfuser", async (route) => {
      const answer = await route.fetch();
      const self = (await answer.json()) as { global_permissions: { id: string }[] };
      const held = self.global_permissions.filter(({ id }) => id !== "authorization");
      await route.fulfill({ response: answer, json: { ...self, global_permissions: held } });
    });
    await page.goto("/users");
    await page.getByText("请向用户管理员申请“用户、角色与密钥”权限。").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    expect(seen.faults).toEqual([]);
  });

  it("that this is no primary, with the way to become one", async () => {
    const answer = { code: 39, error: "", message: "not the primary", reason: "not_primary" };
    await page.route("**/v1/fed/history?*", (route) =>
      route.fulfill({ status: 400, json: answer }),
    );
    await page.goto("/history");
    await page.getByText("这不是联邦的主集群").waitFor();
    await page.getByRole("link", { name: "设为主集群" }).click();
    await page.waitForURL("**/clusters");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    expect(seen.faults.filter((fault) => !fault.includes("status of 400"))).toEqual([]);
  });
});
