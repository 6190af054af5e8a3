import { Plus, X } from "lucide-react";

import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
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
  const put = (at: number, change: Condition) =>
    onChange(conditions.map((one, index) => (index === at ? { ...one, ...change } : one)));
  return (
    <fieldset>
      <legend>{t.conditions}</legend>
      <p className="hint">{t.conditionsHint}</p>
      {conditions.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no name of its own
        <div key={at} className="criterion pair">
          <select
            aria-label={t.condition}
            value={one.type ?? ""}
            onChange={(event) => put(at, { type: event.target.value, value: "" })}
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
            onChange={(event) => put(at, { value: event.target.value })}
            required
          />
          <datalist id={`condition-${at}`}>
            {values(one.type).map((value) => (
              <option key={value} value={value} />
            ))}
          </datalist>
          <button
            type="button"
            className="plain"
            aria-label={t.removeCondition}
            onClick={() => onChange(conditions.filter((_, index) => index !== at))}
          >
            <X aria-hidden size={16} />
          </button>
        </div>
      ))}
      <div>
        <button
          type="button"
          disabled={types.length === 0}
          onClick={() => onChange([...conditions, { type: types[0] ?? "", value: "" }])}
        >
          <Plus aria-hidden size={16} /> {t.addCondition}
        </button>
      </div>
    </fieldset>
  );
}
