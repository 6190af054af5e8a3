import { describe, expect, it } from "vitest";

import { compose } from "./compose";
import { toCsv } from "./csv";
import { MOST, type RiskData } from "./data";
import { toPdf } from "./pdf";
import { hex } from "./song";
import { lettersOf, writable } from "./writable";

const vulnerability = {
  name: "CVE-2024-1",
  severity: "Critical",
  score: 0,
  score_v3: 9.8,
  epss: 0.5,
  kev: true,
  fixable: false,
  images: 2,
  packages: ["openssl", "libssl", "curl", "wget"],
};
const data = {
  at: Date.parse("2026-06-10T12:00:00Z"),
  summary: {
    total: { clusters: 2, synced: 1, nodes: 0, workloads: 7, events: 0, denials: 3 },
    clusters: [],
  },
  exploited: [vulnerability],
  likely: Array.from({ length: MOST }, () => vulnerability),
} as unknown as RiskData;

describe("a risk report", () => {
  it("tells what is known, and leaves out what the reader may not see", () => {
    const report = compose(data, { cluster: undefined, days: 30 }, "en");
    expect(report.parts.map((part) => part.id)).toEqual(["clusters", "exploited", "likely"]);
    expect(report.subtitle).toMatch(/^All clusters, /);
    expect(report.facts).toContainEqual(["Clusters", "2, 1 synced"]);
  });

  it("begins with the likeliest, and of those that nobody estimates with the gravest", () => {
    const likely = [
      { ...vulnerability, name: "low", severity: "Low", epss: undefined },
      { ...vulnerability, name: "high", severity: "High", epss: undefined },
      { ...vulnerability, name: "likely", severity: "Medium", epss: 0.2 },
    ];
    const report = compose({ ...data, likely } as never, { cluster: undefined, days: 30 }, "en");
    const rows = report.parts.find(({ id }) => id === "likely")?.rows.map(([name]) => name);
    expect(rows).toEqual(["likely", "high", "low"]);
  });

  it("has as many cells in each row as it has columns", () => {
    const everything = {
      ...data,
      summary: {
        ...data.summary,
        clusters: [{ name: "eu", status: "synced", last_seen: "2026-06-10T11:00:00Z" }],
      },
      vulnerabilities: {
        count_distribution: { critical: 1, high: 2, medium: 3, low: 4 },
        top_images: [
          { id: "22", display_name: "shop:v2", critical: 0, high: 0, medium: 0, low: 0 },
          { id: "11", display_name: "shop:v1", critical: 1, high: 2, medium: 3, low: 4 },
        ],
      },
      denials: [
        {
          reported_at: "2026-06-10T11:00:00Z",
          cluster_id: "eu",
          admission_rule_id: 7,
          denied: true,
        },
      ],
      accepted: [{ name: "CVE-1", comment: "later", images: [], domains: ["shop"] }],
    } as unknown as RiskData;
    const report = compose(everything, { cluster: "eu", days: 7 }, "zh");
    expect(report.parts).toHaveLength(6);
    for (const { id, columns, rows } of report.parts) {
      expect(rows.length, id).toBeGreaterThan(0);
      for (const row of rows) expect(row.length, id).toBe(columns.length);
    }
    expect(report.parts.find((part) => part.id === "denials")?.rows[0]).toContain("7");
    // What has no findings is not among the gravest, however few there are.
    const images = report.parts.find((part) => part.id === "images");
    expect(images?.rows).toHaveLength(1);
    expect(images?.named).toEqual([{ image: "11" }]);
    const denials = report.parts.find((part) => part.id === "denials");
    expect(denials?.named).toEqual([{ cluster: "eu", rule: { id: 7, federal: false } }]);
    expect(report.facts).toContainEqual(["漏洞：高危", "2"]);
    expect(report.parts.at(-1)?.all).toEqual([["CVE-1", "later", "全部", "shop"]]);
  });

  it("says where rows are left out, and where there are none", () => {
    const notes = compose(data, { cluster: undefined, days: 30 }, "en").parts.map(
      ({ note }) => note,
    );
    expect(notes).toEqual(["None.", "", `The first ${MOST} are shown.`]);
  });
});

describe("what a PDF can write", () => {
  it.each([
    ["shop/orders:v1 – 50%", "shop/orders:v1 - 50%"],
    ["café", "café"],
    ["北京", "U+5317U+4EAC"],
    ["🔒", "U+1F512"],
  ])("%s is %s", (text, written) => {
    expect(writable(text)).toBe(written);
  });

  it("is Chinese too, where there is some", () => {
    expect(lettersOf(["staging", "北京"])).toBe("chinese");
    expect(lettersOf(["staging – café"])).toBe("latin");
    expect(writable("北京 “ö” 🔒", "chinese")).toBe("北京 “U+F6” U+1F512");
  });
});

describe("a table as CSV", () => {
  it("keeps what is in a cell, and nothing of it is calculated", () => {
    expect(
      toCsv(
        ["a", "b"],
        [
          ["x, y", 'say "no"'],
          ["=1+1", "\n"],
          ["a;=1+1;b", "\t@a"],
        ],
      ),
    ).toBe('a,b\r\n"x, y","say ""no"""\r\n\'=1+1,"\n"\r\na;\'=1+1;b,\'\t\'@a\r\n');
  });

  it("guards what begins a cell or a row to who parts them by signs of their own", () => {
    const written = toCsv(["a", "b"], [['a;"=1+1;b', "a\n=1+1"]]);
    expect(written).toBe('a,b\r\n"a;""\'=1+1;b","a\n\'=1+1"\r\n');
  });
});

describe("a PDF", () => {
  async function written(language: "en" | "zh") {
    const report = compose(data, { cluster: undefined, days: 30 }, language);
    return await toPdf(report, language).text();
  }

  it("is written in the font of every PDF where all is Latin", async () => {
    const text = await written("en");
    expect(text).toContain("(Risk report)");
    expect(text).toContain("/Lang (en-GB)");
    expect(text).not.toContain("UniGB");
  });

  it("is Chinese for who reads the portal in Chinese", async () => {
    const text = await written("zh");
    expect(text).toContain("/Lang (zh-CN)");
    expect(text).toContain("/Encoding /UniGB-UTF16-H");
    for (const said of ["风险报告", "漏洞", "已知被利用的漏洞"]) {
      expect(text, said).toContain(`<${hex(said)}>`);
    }
    // No font is named that is not in the document.
    expect(text).not.toMatch(/\/F\d+ undefined/);
  });
});
