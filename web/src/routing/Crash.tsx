import { useEffect } from "react";

import { ApiError } from "../api/error";
import { frameText } from "../frame/text";
import { useText } from "../text/language";
import { words } from "../text/words";
import { Failure, Sign } from "../ui/Failure";
import { answers } from "./fetching";

/** How often it is looked whether the primary answers again. */
const AGAIN_MS = 3_000;

/** In the place of a page that could not be shown. */
export function Crash({ error }: { error: unknown }) {
  const t = useText(frameText);
  const w = useText(words);
  if (error instanceof ApiError && error.status === 0) return <Unreachable error={error} />;
  const message = error instanceof Error ? error.message : "";
  return (
    <Sign title={error === undefined ? w.notFound : t.crash} hint={message} role="alert">
      <a className="button" href="/">
        {w.back}
      </a>
    </Sign>
  );
}

/** The page comes as soon as somebody gives it out again. */
function Unreachable({ error }: { error: ApiError }) {
  useEffect(() => {
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return <Failure error={error} onRetry={reload} />;
}

/** Loads the portal anew, where there is one: else the browser would show a page of its own. */
async function reload() {
  if (await answers()) window.location.reload();
}
