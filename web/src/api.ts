// The calls that the portal makes. The token lives in memory only: closing or
// reloading the page forgets it.

export interface Cluster {
  id: string;
  name: string;
  status: string;
  home?: boolean;
  agent_version?: string;
  revision?: number;
  last_seen?: string;
}

export interface Federation {
  fed_role: string;
  master_cluster?: Cluster;
  joint_clusters: Cluster[];
}

/** A call that the primary refused or that never reached it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

async function call(
  method: string,
  path: string,
  options: { token?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (options.token) headers["X-Auth-Token"] = options.token;
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal) init.signal = options.signal;
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, 0, "The primary does not answer.");
  }
  const text = await response.text();
  const body: unknown = text ? JSON.parse(text) : undefined;
  if (!response.ok) {
    const error = body as { code?: number; message?: string } | undefined;
    throw new ApiError(response.status, error?.code ?? 0, error?.message ?? response.statusText);
  }
  return body;
}

/** Begins a session; gives its token. */
export async function login(username: string, password: string): Promise<string> {
  const body = { password: { username, password } };
  const answer = (await call("POST", "/v1/auth", { body })) as {
    token: { token: string } | null;
  };
  if (!answer.token) throw new ApiError(401, 0, "The password must be changed first.");
  return answer.token.token;
}

/** Ends the session. */
export async function logout(token: string): Promise<void> {
  await call("DELETE", "/v1/auth", { token });
}

/** The members of the federation. */
export async function members(token: string, signal: AbortSignal): Promise<Federation> {
  return (await call("GET", "/v1/fed/member", { token, signal })) as Federation;
}
