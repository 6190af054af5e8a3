/** Letters that PDF's own fonts have: printable ASCII and Latin-1. */
const FOREIGN = /[^\x20-\x7e\xa0-\xff]/gu;
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

/** A text in letters that can be written; others by their number, so that none is lost. */
export function writable(text: string): string {
  return text.replace(
    FOREIGN,
    (letter) => PLAIN[letter] ?? `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
}
