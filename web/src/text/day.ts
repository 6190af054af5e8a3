// Moments of the API as days of a calendar, in the reader's time zone.

/** The last second of a day, in Unix seconds; 0 for no day. */
export function endOf(day: string): number {
  return day ? Math.floor(new Date(`${day}T23:59:59`).getTime() / 1_000) : 0;
}

/** The day of a moment, in the form of a field for days; empty for none. */
export function dayOf(seconds: number | null | undefined): string {
  if (!seconds) return "";
  const date = new Date(seconds * 1_000);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
