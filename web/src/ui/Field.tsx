import { type InputHTMLAttributes, useId } from "react";

import { Rich } from "./words";

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "id" | "className"> {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly isOptional?: boolean;
}

export function Field({ label, hint, isOptional = false, onChange, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        {isOptional ? <Rich id="common.labelOptional" values={{ label, soft: (children) => <span className="field-optional">{children}</span> }} /> : label}
      </label>
      <input
        {...input}
        id={id}
        onChange={(event) => { onChange(event.target.value); }}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
      />
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
