import { cloneElement, type ReactElement, type ReactNode, useId } from "react";

import { useText } from "../text/language";
import { allSeen } from "../text/turns";
import { words } from "../text/words";

interface Props {
  label: string;
  hint?: ReactNode;
  /** The control. */
  children: ReactElement<{ "aria-describedby"?: string; type?: string; value?: unknown }>;
}

/** A control with its label, and what is to be known about it. */
export function Field({ label, hint, children }: Props) {
  const id = useId();
  const w = useText(words);
  // The field holds what was given; below it stands what that is.
  const { type, value } = children.props;
  const written = typeof value === "string" && type !== "password" ? allSeen(value) : value;
  const turns = written !== value;
  const about = [hint && id, turns && `${id}-written`].filter(Boolean).join(" ");
  return (
    <div className="field">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is the child */}
      <label>
        <span className="label">{label}</span>
        {about ? cloneElement(children, { "aria-describedby": about }) : children}
      </label>
      {hint && (
        <span className="hint" id={id}>
          {hint}
        </span>
      )}
      {turns && (
        <span className="hint" id={`${id}-written`}>
          {w.writtenOut(String(written))}
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
