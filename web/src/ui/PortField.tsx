import { Field } from "./Field";

interface Props {
  label: string;
  value: number;
  onChange: (port: number) => void;
}

/** The port of an address. */
export function PortField({ label, value, onChange }: Props) {
  return (
    <Field label={label}>
      <input
        type="number"
        min={1}
        max={65_535}
        value={value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        required
      />
    </Field>
  );
}
