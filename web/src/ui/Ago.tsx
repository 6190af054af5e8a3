import { useFormat } from "../text/format";
import { useNow } from "../text/now";

/** How long ago something was, said anew while time passes; the moment itself on demand. */
export function Ago({ at }: { at: string | number }) {
  const format = useFormat();
  const moment = new Date(at);
  return (
    <time
      dateTime={Number.isNaN(moment.getTime()) ? undefined : moment.toISOString()}
      title={format.moment(at)}
    >
      {format.ago(at, useNow())}
    </time>
  );
}
