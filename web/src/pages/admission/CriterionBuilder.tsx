import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { Rows } from "../../ui/Rows";
import {
  blank,
  type Criterion,
  type CustomOption,
  EXAMPLE_PATH,
  isCount,
  isCustom,
  type Option,
  ofType,
} from "./criteria";
import { admissionText } from "./text";

interface Props {
  options: Record<string, Option>;
  /** Names that `imageVerifiers` may take. */
  verifiers: string[];
  /** How values at paths are compared, by their type. */
  custom: CustomOption[];
  criteria: Criterion[];
  onChange: (criteria: Criterion[]) => void;
}

/** When a rule applies, one criterion a line; what may be said comes from the server. */
export function CriterionBuilder({ options, verifiers, custom, criteria, onChange }: Props) {
  const t = useText(admissionText);
  const names = Object.keys(options).sort((a, b) =>
    label(t.names, a).localeCompare(label(t.names, b)),
  );
  const first = options.cveHighWithFixCount ?? options[names[0] ?? ""];
  const optionOf = (criterion: Criterion) =>
    options[isCustom(criterion) ? "customPath" : criterion.name];
  return (
    <fieldset>
      <legend>{t.criteria}</legend>
      <p className="hint">{t.criteriaHint}</p>
      <Rows
        rows={criteria}
        onChange={onChange}
        className="criterion"
        blank={first && blank(first, custom)}
        add={t.addCriterion}
        remove={() => t.removeCriterion}
        more={(criterion, put) => (
          <>
            {isCustom(criterion) && <Path custom={custom} criterion={criterion} onChange={put} />}
            <Inner option={optionOf(criterion)} criterion={criterion} onChange={put} />
          </>
        )}
      >
        {(criterion, put) => {
          const option = optionOf(criterion);
          const there = isCustom(criterion)
            ? custom.find((kind) => kind.valuetype === criterion.value_type)
            : undefined;
          const ops = (there ?? option)?.ops;
          return (
            <>
              <select
                aria-label={t.criterion}
                value={option?.name ?? criterion.name}
                onChange={(event) => {
                  const next = options[event.target.value];
                  if (next) put(blank(next, custom));
                }}
              >
                {!option && <option value={criterion.name}>{criterion.name}</option>}
                {names.map((name) => (
                  <option key={name} value={name}>
                    {label(t.names, name)}
                  </option>
                ))}
              </select>
              {ops?.length !== 0 && (
                <select
                  aria-label={t.op}
                  value={criterion.op ?? ""}
                  onChange={(event) => put({ ...criterion, op: event.target.value })}
                >
                  {(ops ?? [criterion.op ?? ""]).map((op) => (
                    <option key={op} value={op}>
                      {label(t.ops, op)}
                    </option>
                  ))}
                </select>
              )}
              {ops?.length !== 0 && !isPresence(criterion.op) && (
                <Value
                  option={there ? { name: "customPath", ...there } : option}
                  verifiers={verifiers}
                  value={criterion.value ?? ""}
                  onChange={(value) => put({ ...criterion, value })}
                />
              )}
            </>
          );
        }}
      </Rows>
    </fieldset>
  );
}

function label(names: Record<string, string>, id: string): string {
  return names[id] ?? id;
}

/** Whether an operator asks for no value. */
function isPresence(op: string | undefined): boolean {
  return op === "exist" || op === "notExist";
}

interface PathProps {
  custom: CustomOption[];
  criterion: Criterion;
  onChange: (criterion: Criterion) => void;
}

/** The path of a criterion, and the type of what stands there. */
function Path({ custom, criterion, onChange }: PathProps) {
  const t = useText(admissionText);
  return (
    <div className="inner part">
      <input
        aria-label={t.path}
        title={t.pathHint}
        placeholder={EXAMPLE_PATH}
        value={criterion.path ?? ""}
        required
        onChange={(event) => onChange({ ...criterion, path: event.target.value })}
      />
      <select
        aria-label={t.valueType}
        value={criterion.value_type ?? ""}
        onChange={(event) => {
          const kind = custom.find(({ valuetype }) => valuetype === event.target.value);
          if (kind) onChange(ofType(criterion, kind));
        }}
      >
        {custom.map(({ valuetype }) => (
          <option key={valuetype} value={valuetype}>
            {label(t.valueTypes, valuetype)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface ValueProps {
  option: Option | undefined;
  verifiers: string[];
  value: string;
  onChange: (value: string) => void;
}

function Value({ option, verifiers, value, onChange }: ValueProps) {
  const t = useText(admissionText);
  const w = useText(words);
  if (option?.values) {
    const names: Record<string, string> = { true: w.yes, false: w.no };
    return (
      <select
        aria-label={t.value}
        value={value}
        required
        onChange={(event) => onChange(event.target.value)}
      >
        {value === "" && <option value="">–</option>}
        {option.values.map((one) => (
          <option key={one} value={one}>
            {label(names, one)}
          </option>
        ))}
      </select>
    );
  }
  const number = isCount(option);
  return (
    <>
      <input
        aria-label={t.value}
        type={number ? "number" : "text"}
        min={0}
        step="any"
        list={option?.name === "imageVerifiers" ? "verifier-names" : undefined}
        title={number ? undefined : t.listHint}
        placeholder={number ? "1" : "a, b"}
        value={value}
        required
        onChange={(event) => onChange(event.target.value)}
      />
      {option?.name === "imageVerifiers" && (
        <datalist id="verifier-names">
          {verifiers.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface InnerProps {
  option: Option | undefined;
  criterion: Criterion;
  onChange: (criterion: Criterion) => void;
}

/** The further conditions that some criteria have. */
function Inner({ option, criterion, onChange }: InnerProps) {
  const t = useText(admissionText);
  const names: Record<string, string> = {
    count: t.count,
    publishDays: t.publishDays,
    ...t.resources,
  };
  const parts = Object.values(option?.sub_options ?? {});
  if (parts.length === 0) return null;
  const said = (name: string) => criterion.sub_criteria?.find((sub) => sub.name === name);
  const put = (changed: string, op: string, value: string) => {
    const others = (criterion.sub_criteria ?? []).filter((sub) => sub.name !== changed);
    onChange({ ...criterion, sub_criteria: [...others, { name: changed, op, value }] });
  };
  return (
    <div className="inner">
      {parts.map((part) => (
        <div key={part.name} className="part">
          <Field label={label(names, part.name)}>
            <input
              type="number"
              min={0}
              step="any"
              value={said(part.name)?.value ?? ""}
              required={part.name === "count"}
              onChange={(event) =>
                put(part.name, said(part.name)?.op ?? part.ops[0] ?? ">=", event.target.value)
              }
            />
          </Field>
          {part.ops.length > 1 && (
            <select
              aria-label={`${label(names, part.name)}: ${t.op}`}
              value={said(part.name)?.op ?? part.ops[0]}
              onChange={(event) => put(part.name, event.target.value, said(part.name)?.value ?? "")}
            >
              {part.ops.map((op) => (
                <option key={op} value={op}>
                  {label(t.ops, op)}
                </option>
              ))}
            </select>
          )}
        </div>
      ))}
    </div>
  );
}
