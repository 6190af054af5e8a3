import { cloneElement, type ReactElement, type ReactNode, useId } from "react";

interface Props {
  label: string;
  hint?: ReactNode;
  /** The control. */
  children: ReactElement<{ "aria-describedby"?: string }>;
}

/** A control with its label, and what is to be known about it. */
export function Field({ label, hint, children }: Props) {
  const id = useId();
  return (
    <div className="field">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is the child */}
      <label>
        <span className="label">{label}</span>
        {hint ? cloneElement(children, { "aria-describedby": id }) : children}
      </label>
      {hint && (
        <span className="hint" id={id}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface SwitchProps {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** Something that is on or off. */
export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {hint && <span className="hint">{hint}</span>}
      </span>
    </label>
  );
}
