import { useEffect, useRef } from "react";

import { ApiError } from "../../api/error";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { useFailureText } from "../../ui/failureText";
import { useSettled } from "../../ui/useSettled";
import { useSelected } from "./members";
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
  const { count: all } = useSelected("");
  const { count: selected, error } = useSelected(settled);
  const isAsked = settled === text.trim();
  const known = all !== undefined && selected !== undefined && isAsked;
  // Whoever types it hears that it is none before they save.
  const isNone = isAsked && error instanceof ApiError && error.status === 400;
  const failure = useFailureText();
  const why = isNone ? failure(error) : "";
  // Nor is it sent, to be refused once more below the form.
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setCustomValidity(why), [why]);
  return (
    <>
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
          ref={input}
          value={text}
          placeholder={t.allClusters}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isNone || undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      {isNone && <Refusal error={error} />}
    </>
  );
}
