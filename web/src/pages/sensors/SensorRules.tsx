import { Plus, X } from "lucide-react";
import { useState } from "react";

import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import { Rows } from "../../ui/Rows";
import { State } from "../../ui/State";
import { useTyping } from "../../ui/useUnsaved";
import { useOwner } from "../own/owner";
import { fits } from "./attempt";
import type { SensorRule } from "./kind";
import { sensorsText } from "./text";

interface Props {
  rules: SensorRule[];
  onChange: (rules: SensorRule[]) => void;
}

type Pattern = NonNullable<SensorRule["patterns"]>[number];

const BLANK: Pattern = { key: "pattern", op: "regex", value: "", context: "packet" };

/** The rules of a sensor with their patterns, and a text to try them on. */
export function SensorRules({ rules, onChange }: Props) {
  const t = useText(sensorsText);
  const { cfgType } = useOwner();
  const [text, setText] = useState("");
  const typing = useTyping();
  const become = (next: SensorRule[]) => {
    typing();
    onChange(next);
  };
  const put = (at: number, change: Partial<SensorRule>) =>
    onChange(rules.map((one, index) => (index === at ? { ...one, ...change } : one)));
  return (
    <>
      <p className="hint">{t.rulesHint}</p>
      {rules.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule may still be without a name
        <fieldset key={at}>
          <legend>{rule.name || t.rules}</legend>
          <Field label={t.ruleName}>
            <input
              value={rule.name ?? ""}
              onChange={(event) => put(at, { name: event.target.value })}
              required
            />
          </Field>
          <Patterns patterns={rule.patterns ?? []} onChange={(patterns) => put(at, { patterns })} />
          {text && <Verdict rule={rule} text={text} />}
          <div>
            <button type="button" onClick={() => become(rules.filter((_, index) => index !== at))}>
              <X aria-hidden size={16} /> {t.removeRule}
            </button>
          </div>
        </fieldset>
      ))}
      <div>
        <button
          type="button"
          onClick={() => become([...rules, { name: "", patterns: [BLANK], cfg_type: cfgType }])}
        >
          <Plus aria-hidden size={16} /> {t.addRule}
        </button>
      </div>
      <Field label={t.try}>
        <textarea rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </>
  );
}

function Verdict({ rule, text }: { rule: SensorRule; text: string }) {
  const t = useText(sensorsText);
  const verdict = fits(rule, text);
  if (verdict === undefined) return <State tone="busy">{t.broken}</State>;
  return <State tone={verdict ? "bad" : "quiet"}>{verdict ? t.fits : t.fitsNot}</State>;
}

interface PatternsProps {
  patterns: Pattern[];
  onChange: (patterns: Pattern[]) => void;
}

function Patterns({ patterns, onChange }: PatternsProps) {
  const t = useText(sensorsText);
  return (
    <Rows
      rows={patterns}
      onChange={onChange}
      className="criterion"
      blank={BLANK}
      add={t.addPattern}
      remove={() => t.removePattern}
      needed
    >
      {(pattern, put) => (
        <>
          <select
            aria-label={t.context}
            value={pattern.context ?? ""}
            onChange={(event) => put({ ...pattern, context: event.target.value })}
          >
            {Object.entries(t.contexts).map(([context, text]) => (
              <option key={context} value={context}>
                {text}
              </option>
            ))}
          </select>
          <select
            aria-label={t.op}
            value={pattern.op ?? "regex"}
            onChange={(event) => put({ ...pattern, op: event.target.value })}
          >
            {Object.entries(t.ops).map(([op, text]) => (
              <option key={op} value={op}>
                {text}
              </option>
            ))}
          </select>
          <input
            aria-label={t.pattern}
            className="mono"
            value={pattern.value ?? ""}
            spellCheck={false}
            onChange={(event) => put({ ...pattern, value: event.target.value })}
            required
          />
        </>
      )}
    </Rows>
  );
}
