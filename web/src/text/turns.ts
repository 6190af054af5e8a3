// Signs that are not seen themselves, and turn around what stands beside them.

/** What turns the writing around, or begins and ends such a part. */
const TURNS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

/** What {@link quoted} set apart, or one that nobody here wrote. */
const APART = new RegExp(`\u2068([^${TURNS.source.slice(1)}*)\u2069|${TURNS.source}`, "g");

/** Somebody else's words within a sentence: they cannot turn the rest of it around. */
export function quoted(words: string): string {
  return /[^\p{ASCII}]/u.test(words) ? `\u2068${words.replace(TURNS, "")}\u2069` : words;
}

/** A text of which every sign is seen: `gnp.exe` that is written backwards passes for no picture. */
export function seen(text: string): string {
  return text.replace(APART, (found, words?: string) =>
    words === undefined ? escaped(found) : found,
  );
}

/** The same where even what is set apart is to be seen: in a record as it was sent. */
export function allSeen(text: string): string {
  return text.replace(TURNS, escaped);
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
