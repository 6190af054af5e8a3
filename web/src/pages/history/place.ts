// Where an object of the history is shown, and how its parts are told.

import type { Search } from "../../routing/search";

export interface Place {
  to: string;
  search?: Search;
}

/** The page that shows an object as it is now. */
export function placeOf(kind: string, name: string): Place | undefined {
  const open = { open: name };
  switch (kind) {
    case "group":
      return { to: "/groups", search: open };
    case "network rule":
      return { to: "/network", search: open };
    case "admission rule":
      return { to: "/admission", search: open };
    case "response rule":
      return { to: "/response", search: open };
    case "process profile":
      return { to: "/profiles", search: open };
    case "file monitor":
      return { to: "/profiles", search: { tab: "file", ...open } };
    case "DLP sensor":
      return { to: "/dlp", search: open };
    case "WAF sensor":
      return { to: "/waf", search: open };
    case "DLP group":
      return { to: "/dlp", search: { tab: "groups", q: name } };
    case "WAF group":
      return { to: "/waf", search: { tab: "groups", q: name } };
    case "registry":
      return { to: `/registries/${encodeURIComponent(name)}` };
    case "webhook":
      return { to: "/system", search: { open: "webhook", name } };
    default:
      return undefined;
  }
}

/** Whether a part of an object says nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || String(value) === "";
}

/** A part of an object in words: what is compared as it is read, a list by its items. */
export function told(value: unknown): string {
  if (isEmpty(value)) return "–";
  if (Array.isArray(value)) return value.map(told).join(", ");
  if (typeof value !== "object") return String(value);
  const { name, key, op, value: with_, ...others } = value as Record<string, unknown>;
  const subject = name ?? key;
  if (typeof subject === "string" && typeof op === "string" && typeof with_ === "string") {
    const more = Object.values(others).filter((one) => !isEmpty(one) && typeof one === "object");
    return [`${subject} ${op} ${with_}`, ...more.map(told)].join(", ");
  }
  return JSON.stringify(value);
}
