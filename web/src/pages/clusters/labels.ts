/** Labels as people type them: `key=value`, with commas between. */
export function textOf(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

/** Reads what {@link textOf} writes. What is no label is left to the server to refuse. */
export function labelsOf(text: string): Record<string, string> {
  const labels = text
    .split(",")
    .map((label) => label.trim())
    .filter((label) => label !== "")
    .map((label): [string, string] => {
      const at = label.indexOf("=");
      return at < 0 ? [label, ""] : [label.slice(0, at).trim(), label.slice(at + 1).trim()];
    });
  return Object.fromEntries(labels);
}
