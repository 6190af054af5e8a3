// The primary's REST API, for what the tests have to know beforehand.

import { request } from "node:https";

import { shop } from "./shop";

let token: Promise<string> | undefined;

function call(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<string> {
  return new Promise((resolve, reject) => {
    // The primary signs its certificate itself, and this is loopback.
    const options = { method, headers, rejectUnauthorized: false, timeout: 30_000 };
    const sent = request(`${shop.rest}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${text}`)),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error(`${path} was not answered`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

function session(): Promise<string> {
  token ??= call(
    "POST",
    "/v1/auth",
    {},
    JSON.stringify({ password: { username: "admin", password: shop.password } }),
  ).then((text) => (JSON.parse(text) as { token: { token: string } }).token.token);
  return token;
}

/** Reads something, past the pages. */
export async function get<T>(path: string): Promise<T> {
  return JSON.parse(await call("GET", path, { "X-Auth-Token": await session() })) as T;
}

/** Creates something, past the pages. */
export async function create(path: string, body: object) {
  await call("POST", path, { "X-Auth-Token": await session() }, JSON.stringify(body));
}

/** Changes something, past the pages. */
export async function change(path: string, body: object) {
  await call("PATCH", path, { "X-Auth-Token": await session() }, JSON.stringify(body));
}

/** Removes something, past the pages. */
export async function remove(path: string) {
  await call("DELETE", path, { "X-Auth-Token": await session() });
}

/** The id of a member by its name. */
export async function memberId(name: string): Promise<string> {
  const { joint_clusters: members } = await get<{ joint_clusters: { id: string; name: string }[] }>(
    "/v1/fed/member",
  );
  const found = members.find((one) => one.name === name);
  if (!found) throw new Error(`no member ${name}`);
  return found.id;
}

async function imageId(repository: string, tag: string): Promise<string> {
  const query = `f_repository=${repository}&f_tag=${tag}`;
  const { images } = await get<{ images: { image_id: string }[] }>(
    `/v1/scan/registry/fed.shop/images?${query}`,
  );
  const found = images[0];
  if (!found) throw new Error(`no image ${repository}:${tag}`);
  return found.image_id;
}

/** The page of an image of the shop. */
export async function imagePage(repository: string, tag: string): Promise<string> {
  return `/images/fed.shop/${await imageId(repository, tag)}`;
}

/** The page that compares the two versions of the shop's orders. */
export async function comparePage(): Promise<string> {
  const [left, right] = await Promise.all([
    imageId("shop/orders", "v1"),
    imageId("shop/orders", "v2"),
  ]);
  const search = new URLSearchParams({ left: `fed.shop ${left}`, right: `fed.shop ${right}` });
  return `/images/compare?${search.toString()}`;
}
