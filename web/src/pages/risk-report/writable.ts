/** What PDF's own fonts write: printable ASCII and Latin-1. */
const NOT_LATIN = /[^\x20-\x7e\xa0-\xff]/gu;
/** What a font of simplified Chinese writes, beside ASCII: punctuation, Greek, Cyrillic, kana,
 * ideographs, wide forms. */
const NOT_CHINESE =
  /[^\x20-\x7e\u0391-\u03c9\u0401-\u0451\u2010-\u2026\u2190-\u2193\u3000-\u30ff\u3400-\u9fff\uff01-\uffee]/gu;
const PLAIN: Record<string, string> = {
  "–": "-",
  "—": "-",
  "…": "...",
  "→": "->",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "\n": " ",
};

/** Which letters a font has. */
export type Letters = "latin" | "chinese";

/** The letters that some texts need: Latin ones, unless there are ideographs or kana. */
export function lettersOf(texts: string[]): Letters {
  return texts.some((text) => /[\u3000-\u9fff]/.test(text)) ? "chinese" : "latin";
}

/** A text in letters that can be written; others by their number, so that none is lost. */
export function writable(text: string, letters: Letters = "latin"): string {
  return text.replace(
    letters === "latin" ? NOT_LATIN : NOT_CHINESE,
    (letter) => PLAIN[letter] ?? `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
}
