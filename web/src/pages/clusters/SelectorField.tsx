import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import { useSettled } from "../../ui/useSettled";
import { useMemberCount } from "./members";
import { clustersText } from "./text";

interface Props {
  /** As `selector.ts` reads it. */
  text: string;
  onChange: (text: string) => void;
}

/** Which clusters a federated object is for. */
export function SelectorField({ text, onChange }: Props) {
  const t = useText(clustersText);
  const format = useFormat();
  const settled = useSettled(text.trim());
  const all = useMemberCount("");
  const selected = useMemberCount(settled);
  const known = all !== undefined && selected !== undefined && settled === text.trim();
  return (
    <Field
      label={t.selector}
      hint={
        <>
          {t.selectorHint}{" "}
          {known && <b>{t.selected(format.number(selected), format.number(all))}</b>}
        </>
      }
    >
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
