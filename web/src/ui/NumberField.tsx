import { Field } from "./Field";

interface Props {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max?: number;
  disabled?: boolean;
}

/** A whole number that is needed. While nothing is typed it is none. */
export function NumberField({ label, value, onChange, ...rest }: Props) {
  return (
    <Field label={label}>
      <input
        type="number"
        value={Number.isNaN(value) ? "" : value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        required
        {...rest}
      />
    </Field>
  );
}
