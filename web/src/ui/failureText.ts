import { ApiError, Code } from "../api/error";
import { codeText } from "../text/codes";
import { useText } from "../text/language";
import { COMPLETE, passwordText, reasonText } from "../text/reasons";
import { words } from "../text/words";

/** The server's sentence about who may not do something. */
const ROLE_MAY_NOT = /^The role "(.*)" may not do this( within an access scope)?\.$/;

/** What a numeric code means in the language of the reader, with the server's own sentence as the
 * detail; that alone where nobody knows the code. */
export function useCodeText(): (code: number, message: string) => string {
  const w = useText(words);
  const codes = useText(codeText);
  return (code, message) => {
    const [, role, within] = ROLE_MAY_NOT.exec(message) ?? [];
    if (role !== undefined) return within ? w.roleMayNotWithin(role) : w.roleMayNot(role);
    return [codes[code], message].filter(Boolean).join(w.colon);
  };
}

/** The kinds of characters that a password needs, with how many. */
function wanted(
  rules: NonNullable<ApiError["passwordRules"]>,
  t: (typeof passwordText)["en"],
): string {
  const kinds = [
    "min_len",
    "min_uppercase_count",
    "min_lowercase_count",
    "min_digit_count",
    "min_special_count",
  ] as const;
  const needed = kinds.filter((kind) => rules[kind] > 0);
  return needed.map((kind) => t[kind](rules[kind])).join(t.comma);
}

/** What went wrong in a sentence, for the foot of a form. */
export function useFailureText(): (error: unknown) => string {
  const w = useText(words);
  const reasons = useText(reasonText);
  const rules = useText(passwordText);
  const meaning = useCodeText();
  return (error) => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : w.failed;
    const { code, message, passwordRules, reason, detail, status } = error;
    if (status === 0) return w.unreachable;
    const why = reasons[reason];
    if (why && reason === "password_too_weak" && passwordRules)
      return why + w.colon + rules.atLeast(wanted(passwordRules, rules));
    if (why) {
      const more = COMPLETE.has(reason) ? "" : detail || message;
      return more ? why + w.colon + more : why;
    }
    if (code === Code.ClusterUnreachable) return `${w.clusterUnreachable} ${message}`;
    return meaning(code, message) || w.failed;
  };
}
