// What changed, as the primary tells it: lists that are shown are read again at
// once, and seldom otherwise. Where the stream does not come through, pages read
// as often as they did before there was one.

import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { COOKIE_HEADER, session } from "../session/session";

const PATH = "/v1/fed/stream";
/** A stream that is silent for so long is dead: it says something every 5 s. */
const SILENCE_MS = 15_000;
const AGAIN_MS = 2_000;
const AGAIN_AT_MOST_MS = 30_000;

/** The calls that show a list. */
const CALLS: Record<string, string[]> = {
  members: ["/v1/fed/member", "/v1/fed/view", "/v1/fed/rollout", "/v1/system/summary"],
  events: ["/v1/fed/events", "/v1/fed/denials", "/v1/log/"],
  scans: [
    "/v1/scan/",
    "/v1/vulasset",
    "/v1/assetvul",
    "/v1/vulnerability/",
    "/v1/fed/vulnerabilities",
    "/v1/fed/vex",
  ],
  rules: [
    "/v1/admission/",
    "/v1/policy/",
    "/v1/response/",
    "/v1/group",
    "/v1/process_profile",
    "/v1/file_monitor",
    "/v1/dlp/",
    "/v1/waf/",
    "/v1/system/config",
    "/v1/fed/history",
    "/v1/fed/rollout",
  ],
  imports: ["/v1/file/"],
};

let through = false;
const listeners = new Set<() => void>();

/** Whether the stream comes through now. */
export function isLive(): boolean {
  return through;
}

function become(now: boolean) {
  if (now === through) return;
  through = now;
  for (const listener of listeners) listener();
}

/** {@link isLive}, watched. */
export function useLive(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, isLive);
}

/** Whether a call is told of by the stream. */
export function isTold(path: string): boolean {
  return Object.values(CALLS).some((calls) => calls.some((call) => path.startsWith(call)));
}

/** The names of the lists in a message of the stream; none in a heartbeat. */
export function listsOf(message: string): string[] {
  const data = message
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5))
    .join("\n");
  return data ? ((JSON.parse(data) as { lists?: string[] }).lists ?? []) : [];
}

function readAgain(client: QueryClient, lists: string[]) {
  const calls = lists.flatMap((list) => CALLS[list] ?? []);
  if (calls.length === 0) return;
  void client.invalidateQueries({
    predicate: ({ queryKey }) =>
      typeof queryKey[0] === "string" && calls.some((call) => String(queryKey[0]).startsWith(call)),
  });
}

/** Follows one stream to its end. */
async function follow(client: QueryClient, signal: AbortSignal) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const response = await fetch(PATH, {
      headers: COOKIE_HEADER,
      cache: "no-store",
      signal: either,
    });
    if (response.status === 401) session.end("ended");
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const messages = (rest + value).split("\n\n");
      rest = messages.pop() ?? "";
      // What changed before the stream came through is read now.
      if (!through) readAgain(client, Object.keys(CALLS));
      become(true);
      readAgain(client, messages.flatMap(listsOf));
    }
  } finally {
    clearTimeout(timer);
    become(false);
  }
}

/** Follows the stream, and begins anew where it breaks; gives the way to end it. */
export function startLive(client: QueryClient): () => void {
  const end = new AbortController();
  const run = async () => {
    let pause = AGAIN_MS;
    while (!end.signal.aborted && session.signedIn()) {
      const began = Date.now();
      await follow(client, end.signal).catch(() => undefined);
      pause =
        Date.now() - began > AGAIN_AT_MOST_MS ? AGAIN_MS : Math.min(pause * 2, AGAIN_AT_MOST_MS);
      await new Promise((done) => setTimeout(done, pause));
    }
  };
  void run();
  return () => end.abort();
}
