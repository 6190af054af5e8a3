import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { Rows } from "../../ui/Rows";
import { responseText } from "./text";

type Condition = Schema<"EventCondition">;

interface Props {
  /** What conditions on this kind of event may say. */
  options: Schema<"ResponseRuleOptions"> | undefined;
  conditions: Condition[];
  onChange: (conditions: Condition[]) => void;
}

/** When a rule applies, one condition a line; what may be said comes from the server. */
export function Conditions({ options, conditions, onChange }: Props) {
  const t = useText(responseText);
  const types = options?.types ?? [];
  // The server says `name:…` and `level:…`.
  const values = (type: string | undefined) => {
    const all = type === "name" ? options?.name : type === "level" ? options?.level : undefined;
    return (all ?? []).map((value) => value.replace(`${type}:`, ""));
  };
  return (
    <fieldset>
      <legend>{t.conditions}</legend>
      <p className="hint">{t.conditionsHint}</p>
      <Rows
        rows={conditions}
        onChange={onChange}
        className="criterion pair"
        blank={types[0] === undefined ? undefined : { type: types[0], value: "" }}
        add={t.addCondition}
        remove={() => t.removeCondition}
      >
        {(one, put, at) => (
          <>
            <select
              aria-label={t.condition}
              value={one.type ?? ""}
              onChange={(event) => put({ type: event.target.value, value: "" })}
            >
              {[...new Set([...types, one.type ?? ""])].map((type) => (
                <option key={type} value={type}>
                  {t.conditionNames[type] ?? type}
                </option>
              ))}
            </select>
            <input
              aria-label={t.value}
              list={`condition-${at}`}
              value={one.value ?? ""}
              onChange={(event) => put({ ...one, value: event.target.value })}
              required
            />
            <datalist id={`condition-${at}`}>
              {values(one.type).map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          </>
        )}
      </Rows>
    </fieldset>
  );
}
