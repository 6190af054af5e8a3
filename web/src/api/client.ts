// Calls of the REST API, typed by the OpenAPI document.

import { COOKIE_HEADER, session } from "../session/session";
import { learnTime } from "../text/now";
import { ApiError } from "./error";
import type { components, paths } from "./schema";

/** A type of the REST API by its name. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

type Method = "get" | "post" | "patch" | "delete";

/** The paths that know a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P, M extends Method> = P extends keyof paths
  ? paths[P] extends Record<M, infer O>
    ? O
    : never
  : never;

/** What a call answers with. */
export type Answer<P, M extends Method> =
  Operation<P, M> extends { responses: { 200: { content: { "application/json": infer T } } } }
    ? T
    : undefined;

/** What a call sends. */
export type Sent<P, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: { "application/json": infer T } } }
    ? T
    : undefined;

/** Values of a query string; what is undefined is left out. */
export type Query = Record<string, string | number | boolean | undefined>;

/** Where a call goes, beside its path. */
export interface Target {
  /** Values for the path's parts in braces. */
  path?: Record<string, string>;
  query?: Query;
  /** Id of the member that answers in the primary's place. */
  cluster?: string | undefined;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** The address of a call. */
export function address(path: string, target: Target = {}): string {
  const filled = path.replace(/\{\*?(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(target.path?.[name] ?? ""),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(target.query ?? {})) {
    if (value !== undefined && value !== "") query.append(name, String(value));
  }
  const prefix = target.cluster ? `/v1/fed/cluster/${encodeURIComponent(target.cluster)}` : "";
  const text = query.toString();
  return `${prefix}${filled}${text && `?${text}`}`;
}

/**
 * Sends a request: a file as it is, everything else as JSON. Every answer from
 * 400 on is thrown as an {@link ApiError}.
 */
export async function send(
  method: Method,
  path: string,
  target: Target = {},
  body?: unknown,
): Promise<Response> {
  const headers = { ...target.headers, ...COOKIE_HEADER };
  const signedIn = session.signedIn();
  const init: RequestInit = { method: method.toUpperCase(), headers, cache: "no-store" };
  if (body !== undefined) init.body = body instanceof Blob ? body : JSON.stringify(body);
  if (target.signal) init.signal = target.signal;
  let response: Response;
  try {
    response = await fetch(address(path, target), init);
  } catch (cause) {
    if (target.signal?.aborted) throw cause;
    throw new ApiError(0, 0, "");
  }
  learnTime(response.headers.get("date"));
  if (response.ok || response.status === 304) return response;
  const error = await ApiError.read(response);
  if (error.status === 401 && signedIn) session.end("ended");
  throw error;
}

/** The file that an answer gives: it may break off. */
export function fileOf(response: Response): Promise<Blob> {
  return response.blob().catch(() => {
    throw new ApiError(0, 0, "");
  });
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => {
    throw new ApiError(0, 0, "");
  });
  return text ? JSON.parse(text) : undefined;
}

/** Reads. */
export async function get<P extends PathOf<"get">>(path: P, target?: Target) {
  return (await json(await send("get", path, target))) as Answer<P, "get">;
}

/** Creates or begins. */
export async function post<P extends PathOf<"post">>(
  path: P,
  body: Sent<P, "post">,
  target?: Target,
) {
  return (await json(await send("post", path, target, body))) as Answer<P, "post">;
}

/** Changes. */
export async function patch<P extends PathOf<"patch">>(
  path: P,
  body: Sent<P, "patch">,
  target?: Target,
) {
  return (await json(await send("patch", path, target, body))) as Answer<P, "patch">;
}

/** By what the primary knows again how a change left something. */
export type Tag = string | undefined;

export function tagOf(response: Response): Tag {
  // A proxy that compresses answers makes a tag of bytes weak; this one is of what people set.
  return response.headers.get("etag")?.replace(/^W\//, "");
}

/** Creates what no history tells of. */
export async function postTagged<P extends PathOf<"post">>(
  path: P,
  body: Sent<P, "post">,
  target?: Target,
) {
  const response = await send("post", path, target, body);
  return { made: (await json(response)) as Answer<P, "post">, tag: tagOf(response) };
}

/** Changes what no history tells of. */
export async function patchTagged<P extends PathOf<"patch">>(
  path: P,
  body: Sent<P, "patch">,
  target?: Target,
) {
  return tagOf(await send("patch", path, target, body));
}

/** Changes nothing that somebody else changed since: the primary refuses. */
export function ifStill(tag: string): Pick<Target, "headers"> {
  return { headers: { "If-Match": tag } };
}

/** Removes or ends. */
export async function remove<P extends PathOf<"delete">>(path: P, target?: Target) {
  await send("delete", path, target);
}
