import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SOURCES = new URL("..", import.meta.url).pathname;

function files(ending: RegExp): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .sort();
}

/** Attributes that people read or hear. */
const SAID = ["aria-label", "title", "label", "placeholder", "hint", "alt", "what", "lead"];
/** What is called so in every language. */
const NAMES = /^(Palisade|CSV|Ctrl K|OpenLDAP|Active Directory|\/etc\/passwd|env=prod, region=eu)$/;

function isWords(text: string): boolean {
  return /\p{L}{2}/u.test(text) && !NAMES.test(text.trim());
}

/** Texts that a component says and no catalogue has. */
function literals(name: string): string[] {
  const source = ts.createSourceFile(
    name,
    readFileSync(`${SOURCES}${name}`, "utf8"),
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TSX,
  );
  const found: string[] = [];
  const look = (node: ts.Node) => {
    if (ts.isJsxText(node) && isWords(node.text)) found.push(node.text.trim());
    if (
      ts.isJsxAttribute(node) &&
      SAID.includes(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer) &&
      isWords(node.initializer.text)
    )
      found.push(node.initializer.text);
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

describe("what the portal says stands in catalogues", () => {
  it.each(files(/\.tsx$/))("%s", (name) => {
    expect(literals(name)).toEqual([]);
  });
});

/** Names and forms that are the same in Chinese. */
const SAME = /^(Webhooks?|Syslog|Kubernetes|OpenID Connect|OpenVEX|CycloneDX|SAMLResponse.*)$/;
const CHINESE = /\p{Script=Han}/u;

/** The texts of a language by their path; those that take values are given some. */
function texts(of: unknown, path: string): [string, string][] {
  if (typeof of === "string") return [[path, of]];
  if (typeof of === "function") return [[path, String(of(2, 2, 2, 2))]];
  return Object.entries(of ?? {}).flatMap(([key, value]) => texts(value, `${path}.${key}`));
}

describe("what is said in English is said in Chinese", async () => {
  const modules = await Promise.all(
    files(/(^|\/)(text|words|kinds)\.ts$/).map(async (name) => ({
      name,
      exported: Object.values((await import(`${SOURCES}${name}`)) as object),
    })),
  );
  const catalogues = modules.flatMap(({ name, exported }) =>
    exported
      .filter((one): one is { en: unknown; zh: unknown } => Boolean(one?.en && one?.zh))
      .map(({ en, zh }) => ({ name, en: texts(en, ""), zh: new Map(texts(zh, "")) })),
  );

  it("has catalogues to look at", () => expect(catalogues.length).toBeGreaterThan(25));

  it.each(catalogues)("$name", ({ en, zh }) => {
    const missing = en.filter(([path, text]) => {
      const said = zh.get(path) ?? "";
      const speaks = /\p{Ll}{3}/u.test(text) || !said;
      return speaks && !CHINESE.test(said) && !SAME.test(said);
    });
    expect(missing).toEqual([]);
  });
});
