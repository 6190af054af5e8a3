// Signing in at a provider of the house: the browser goes there, and comes back
// with a code that the primary takes for a session.

import { type Schema, send } from "../../api/client";

const KEY = "palisade.provider";

export type Provider = Schema<"TokenAuthServer">;

interface Journey {
  server: string;
  /** Where the provider sends the browser. */
  endpoint: string;
  /** Where somebody wanted to go in the portal. */
  to: string;
}

/** What SAML posts, the primary takes and sends on to the sign-in page. */
function endpointOf({ server_name: name, server_type: type }: Provider): string {
  return type === "saml"
    ? `${location.origin}/v1/token_auth_server/${name}/acs`
    : `${location.origin}/sign-in`;
}

/** Goes to the provider. */
export async function begin(provider: Provider, to: string) {
  const server = provider.server_name;
  const endpoint = endpointOf(provider);
  const body = { redirect_endpoint: endpoint };
  const path = { server };
  const answer = await send("post", "/v1/token_auth_server/{server}", { path }, body);
  const { redirect } = (await answer.json()) as { redirect: { redirect_url: string } };
  const url = new URL(redirect.redirect_url);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new Error(url.protocol);
  sessionStorage.setItem(KEY, JSON.stringify({ server, endpoint, to } satisfies Journey));
  location.assign(url);
}

/** Where somebody comes back from, if so. */
export function returning(): Journey | undefined {
  const text = sessionStorage.getItem(KEY);
  return text ? (JSON.parse(text) as Journey) : undefined;
}

/** Trades the code of the provider for a session. */
export async function finish(
  { server, endpoint }: Journey,
  code: string,
  state: string,
  iss: string | undefined,
) {
  sessionStorage.removeItem(KEY);
  const token = { token: code, state, redirect_endpoint: endpoint, ...(iss && { iss }) };
  const answer = await send("post", "/v1/auth/{server}", { path: { server } }, { Token: token });
  return (await answer.json()) as Schema<"TokenData">;
}
