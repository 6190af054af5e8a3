import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import { clustersText } from "./text";

interface Props {
  /** As `selector.ts` reads it. */
  text: string;
  onChange: (text: string) => void;
}

/** Which clusters a federated object is for. */
export function SelectorField({ text, onChange }: Props) {
  const t = useText(clustersText);
  return (
    <Field label={t.selector} hint={t.selectorHint}>
      <input
        value={text}
        placeholder={t.allClusters}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
