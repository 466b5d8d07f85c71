import { useId } from "react";

import { Icon } from "../Icon";

interface SelectProps<Value extends string> {
  readonly label: string;
  readonly name?: string;
  readonly hint?: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of several. The browser's own list, which every keyboard, screen reader and phone knows. */
export function Select<Value extends string>({ label, name, hint, value, options, onChange }: SelectProps<Value>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="select">
        <select
          id={id}
          name={name}
          value={value}
          {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
          onChange={(event) => {
            const chosen = options[event.target.selectedIndex];
            if (chosen !== undefined) {
              onChange(chosen.value);
            }
          }}
        >
          {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
        </select>
        <Icon name="unfold" size={16} />
      </span>
      {hint !== undefined && <p className="field-hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}
