// The way out: here, and at the provider where the session began.

import { get, remove } from "../api/client";
import { session } from "./session";

/** Nobody waits longer for a provider that does not answer. */
const PATIENCE_MS = 5_000;

/** Where the browser goes to sign out at a provider; nowhere, where that is not wanted. */
async function wayOutOf(server: string): Promise<URL | undefined> {
  const query = {
    redirect_endpoint: `${location.origin}/sign-in`,
    issuer: `${location.origin}/v1/token_auth_server/${server}/acs`,
  };
  const target = { path: { server }, query, signal: AbortSignal.timeout(PATIENCE_MS) };
  const answer = await get("/v1/token_auth_server/{server}/slo", target);
  const url = answer.redirect && new URL(answer.redirect.redirect_url);
  return url?.protocol === "https:" ? url : undefined;
}

/**
 * Ends the session here, whether or not the primary hears of it, and goes to end
 * that at the provider `server`, of which only who is signed in may ask.
 */
export async function signOut(server: string | undefined) {
  const there = server ? await wayOutOf(server).catch(() => undefined) : undefined;
  await remove("/v1/auth").catch(() => undefined);
  session.end("left");
  if (there) location.assign(there);
}
