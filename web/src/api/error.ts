import type { components } from "./schema";

type ErrorBody = components["schemas"]["ErrorBody"];

/** Numeric codes of the REST API that the portal tells apart. */
export const Code = {
  Unauthorized: 3,
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
    /** What a password must have, where one has not. */
    readonly passwordRules?: ErrorBody["password_profile_basic"],
    /** What went wrong in the step that the reason names; empty otherwise. */
    readonly detail = "",
    /** What an import that failed in parts left out beside what was refused. */
    readonly leftOut: string[] = [],
  ) {
    super(message);
  }

  static async read(response: Response): Promise<ApiError> {
    const text = await response.text();
    try {
      const body = JSON.parse(text) as Partial<ErrorBody>;
      const message = body.message || body.error || text;
      const { code = 0, reason, password_profile_basic: rules, detail } = body;
      const leftOut = body.import_task_data?.data.left_out;
      return new ApiError(response.status, code, message, reason, rules, detail, leftOut);
    } catch {
      return new ApiError(response.status, 0, text || response.statusText);
    }
  }
}
