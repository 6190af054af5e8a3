const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const format = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

/** How long before `now` (milliseconds) the moment `at` (RFC 3339) was. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1_000));
  if (Number.isNaN(seconds)) return at;
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return format.format(-Math.floor(seconds / size), unit);
  }
  return seconds < 5 ? "now" : format.format(-seconds, "second");
}
