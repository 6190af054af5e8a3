import { frameText } from "../frame/text";
import { useText } from "../text/language";
import { words } from "../text/words";
import { Sign } from "../ui/Failure";

/** In the place of a page that could not be shown. */
export function Crash({ error }: { error: unknown }) {
  const t = useText(frameText);
  const w = useText(words);
  const message = error instanceof Error ? error.message : "";
  return (
    <Sign title={error === undefined ? w.notFound : t.crash} hint={message} role="alert">
      <a className="button" href="/">
        {w.back}
      </a>
    </Sign>
  );
}
