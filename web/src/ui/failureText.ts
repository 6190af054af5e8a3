import { ApiError, Code } from "../api/error";
import { codeText } from "../text/codes";
import { useText } from "../text/language";
import { words } from "../text/words";

/** What went wrong in a sentence, for the foot of a form. */
export function useFailureText(): (error: unknown) => string {
  const w = useText(words);
  const codes = useText(codeText);
  return (error) => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : w.failed;
    if (error.status === 0) return w.unreachable;
    if (error.code === Code.ClusterUnreachable) return `${w.clusterUnreachable} ${error.message}`;
    const meaning = codes[error.code];
    return [meaning, error.message].filter(Boolean).join(w.colon) || w.failed;
  };
}
