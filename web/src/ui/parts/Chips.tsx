import { useId } from "react";

interface ChipsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly {
    readonly value: Value;
    readonly label: string;
    /** Shown behind it if it is not 0. */
    readonly count?: number;
    /** What the number means, for those who only hear it. */
    readonly countLabel?: string;
  }[];
  readonly onChange: (value: Value) => void;
}

/** One of several, in a row that may be longer than its place: radio buttons, which the arrow keys move between. */
export function Chips<Value extends string>({ label, value, options, onChange }: ChipsProps<Value>) {
  const name = useId();
  return (
    <div className="pills" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className="pill">
          <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => { onChange(option.value); }} />
          {option.label}
          {option.count !== undefined && option.count > 0 && <span className="pill-count" aria-label={option.countLabel}>{option.count}</span>}
        </label>
      ))}
    </div>
  );
}
