/** A selector that can be picked, and how many clusters it selects; of what is typed that is asked
 * of the primary. */
export interface LabelChoice {
  text: string;
  count?: number;
}

/** Whether what is typed can be no name of a cluster. */
export function isSelector(typed: string): boolean {
  return /[=!(,]/.test(typed);
}

/** What is typed where it is a selector, then the labels that clusters have, with how many have
 * each. */
export function labelChoices(counts: Record<string, number>, typed: string): LabelChoice[] {
  const labels = Object.entries(counts).map(([text, count]) => ({ text, count }));
  labels.sort((a, b) => a.text.localeCompare(b.text));
  const text = typed.trim();
  return !isSelector(text) || Object.hasOwn(counts, text) ? labels : [{ text }, ...labels];
}
