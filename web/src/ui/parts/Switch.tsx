import { useId } from "react";

interface SwitchProps {
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** Something that is on or off, and is so at once. */
export function Switch({ label, hint, isOn, isDisabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="switch-row">
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && <p className="field-hint" id={`${id}-hint`}>{hint}</p>}
      </div>
      <button
        id={id}
        className="switch"
        type="button"
        role="switch"
        aria-checked={isOn}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
        disabled={isDisabled}
        onClick={() => { onChange(!isOn); }}
      >
        <span className="switch-knob" />
      </button>
    </div>
  );
}
