import { useText } from "../../text/language";
import { words } from "../../text/words";
import { useCodeText } from "../../ui/failureText";

interface Props {
  /** As a numeric code of errors; 0 where none tells. */
  code: number;
  /** What of the object is at fault, where it is one field. */
  field: string | undefined;
  /** What the cluster says. */
  error: string;
}

/** Why a federated object is not in force in a cluster. */
export function ObjectError({ code, field, error }: Props) {
  const w = useText(words);
  const meaning = useCodeText();
  return (
    <span className="hint">
      {meaning(code, error)}
      {field && ` ${w.faultyField(field)}`}
    </span>
  );
}
