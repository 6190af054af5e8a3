import { describe, expect, it } from "vitest";

import { quoted, seen } from "./turns";

describe("somebody else's words", () => {
  it.each([
    ["orders-1", "orders-1"],
    ["\u202euser", "\u2068user\u2069"],
    ["a\u2069\u202eb", "\u2068ab\u2069"],
    ["\u05de\u05e8\u05d7\u05d1\u05d0", "\u2068\u05de\u05e8\u05d7\u05d1\u05d0\u2069"],
  ])("%j stand in a sentence as %j", (words, said) => expect(quoted(words)).toBe(said));

  it.each([
    ["orders-1", "orders-1"],
    ["\u202egnp.exe", "\\u202egnp.exe"],
    ["a\u200f1_2", "a\\u200f1_2"],
    ["\u2067a\u2069b", "\\u2067a\\u2069b"],
    ["\u2068\u202egnp\u2069", "\\u2068\\u202egnp\\u2069"],
    ["\u05de\u05e8\u05d7\u05d1\u05d0", "\u05de\u05e8\u05d7\u05d1\u05d0"],
    [`Who? ${quoted("\u202eé")}.`, "Who? \u2068é\u2069."],
  ])("%j stand by themselves as %j", (words, said) => expect(seen(words)).toBe(said));
});
