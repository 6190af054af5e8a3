// Numbers, times and sizes as people of a language write them.

import { type Language, useLanguage } from "./language";
import { timeNow } from "./now";

const DAY = 86_400;
/** Units of the past: from how many seconds each is used, and how long it is. */
const STEPS: [Intl.RelativeTimeFormatUnit, from: number, length: number][] = [
  ["year", 730 * DAY, 365 * DAY],
  ["month", 60 * DAY, 30 * DAY],
  ["day", DAY, DAY],
  ["hour", 3_600, 3_600],
  ["minute", 60, 60],
];

export interface Format {
  number: (value: number) => string;
  /** Date and time of a moment. */
  moment: (at: Date | string | number) => string;
  /** How long before `now` a moment was. */
  ago: (at: Date | string | number, now?: number) => string;
  /** A moment (Unix seconds) below a chart: the day at midnight, the time otherwise. */
  tick: (seconds: number) => string;
  /** From one moment (Unix seconds) to another. */
  range: (since: number, until: number) => string;
  /** A number in little room. */
  short: (value: number) => string;
  percent: (part: number) => string;
  bytes: (bytes: number) => string;
  list: (items: string[]) => string;
}

function build(language: Language): Format {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  const number = new Intl.NumberFormat(locale);
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const span = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const short = new Intl.NumberFormat(locale, { notation: "compact" });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const list = new Intl.ListFormat(locale);
  const size = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return {
    number: (value) => number.format(value),
    moment: (at) => {
      const date = new Date(at);
      return Number.isNaN(date.getTime()) ? String(at) : moment.format(date);
    },
    ago: (at, now = timeNow()) => {
      const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1_000));
      if (Number.isNaN(seconds)) return String(at);
      for (const [unit, from, length] of STEPS) {
        if (seconds >= from) return relative.format(-Math.floor(seconds / length), unit);
      }
      return relative.format(seconds < 5 ? 0 : -seconds, "second");
    },
    tick: (seconds) => {
      const date = new Date(seconds * 1_000);
      const midnight = date.getHours() === 0 && date.getMinutes() === 0;
      return midnight ? day.format(date) : time.format(date);
    },
    range: (since, until) => span.formatRange(since * 1_000, until * 1_000),
    short: (value) => short.format(value),
    percent: (part) => percent.format(part),
    bytes: (bytes) => {
      const units = ["B", "KiB", "MiB", "GiB", "TiB"];
      let value = bytes;
      let unit = 0;
      while (value >= 1_024 && unit < units.length - 1) {
        value /= 1_024;
        unit += 1;
      }
      return `${size.format(value)} ${units[unit]}`;
    },
    list: (items) => list.format(items),
  };
}

/** A count within a sentence: the languages of the portal group its digits alike. */
export function grouped(count: number): string {
  return format("en").number(count);
}

/** Where something is reached, as a URL has it: an address of IPv6 stands in brackets.
 * Empty where nobody knows. */
export function address({ server = "", port }: { server?: string; port?: number }): string {
  if (!server) return "";
  return server.includes(":") ? `[${server}]:${port}` : `${server}:${port}`;
}

const formats: Partial<Record<Language, Format>> = {};

export function format(language: Language): Format {
  formats[language] ??= build(language);
  return formats[language];
}

export function useFormat(): Format {
  return format(useLanguage());
}
