import type { Cluster } from "../pages/clusters/members";
import { selectorOf, selects } from "../pages/clusters/selector";

/** Labels that are offered: more are found by typing them. */
const OFFERED = 200;

/** A selector that can be picked, and how many clusters it selects. */
export interface LabelChoice {
  text: string;
  count: number;
}

/** Whether what is typed can be no name of a cluster. */
export function isSelector(typed: string): boolean {
  return /[=!(,]/.test(typed);
}

/** What is typed where it is a selector, then the labels that clusters have. */
export function labelChoices(members: Cluster[], typed: string): LabelChoice[] {
  const counts = new Map<string, number>();
  for (const { labels } of members)
    for (const [key, value] of Object.entries(labels ?? {}))
      counts.set(`${key}=${value}`, (counts.get(`${key}=${value}`) ?? 0) + 1);
  const labels = [...counts].map(([text, count]) => ({ text, count }));
  labels.sort((a, b) => a.text.localeCompare(b.text));
  const text = typed.trim();
  if (!isSelector(text) || counts.has(text)) return labels.slice(0, OFFERED);
  const selector = selectorOf(text);
  const count = members.filter((one) => selects(selector, one.labels ?? {})).length;
  return [{ text, count }, ...labels.slice(0, OFFERED)];
}
