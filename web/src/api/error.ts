import type { components } from "./schema";

type ErrorBody = components["schemas"]["ErrorBody"];

/** Numeric codes of the REST API that the portal tells apart. */
export const Code = {
  Unauthorized: 3,
  WeakPassword: 14,
  ClusterUnreachable: 38,
  UserBlocked: 47,
  PasswordExpired: 48,
} as const;

/** A call that was refused, or (status 0) that never reached the primary. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    /** Why, where the code alone does not tell; empty otherwise. */
    readonly reason = "",
  ) {
    super(message);
  }

  static async read(response: Response): Promise<ApiError> {
    const text = await response.text();
    try {
      const body = JSON.parse(text) as Partial<ErrorBody>;
      const message = body.message || body.error || text;
      return new ApiError(response.status, body.code ?? 0, message, body.reason);
    } catch {
      return new ApiError(response.status, 0, text || response.statusText);
    }
  }
}
