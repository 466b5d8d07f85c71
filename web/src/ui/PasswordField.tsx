import { useId, useState } from "react";

import { LEAST, strengthOf } from "../core/password";
import { Icon } from "./Icon";
import { useText } from "./words";

/** What the server takes at most. */
const MOST = 128;

interface PasswordFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Of a password that is being chosen: what others know of the user. It is told then how good it is. */
  readonly known?: readonly string[];
}

/** A password, which can be looked at while it is written. */
export function PasswordField({ label, name, value, onChange, known }: PasswordFieldProps) {
  const t = useText();
  const id = useId();
  const [isShown, setShown] = useState(false);
  const isNew = known !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="password">
        <input
          id={id}
          name={name}
          type={isShown ? "text" : "password"}
          value={value}
          autoComplete={isNew ? "new-password" : "current-password"}
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          required
          {...(isNew ? { minLength: LEAST, maxLength: MOST, "aria-describedby": `${id}-strength` } : {})}
          onChange={(event) => { onChange(event.target.value); }}
        />
        <button className="button-icon" type="button" aria-label={t("account.showPassword")} aria-pressed={isShown} title={t("account.showPassword")} onClick={() => { setShown(!isShown); }}>
          <Icon name={isShown ? "unseen" : "seen"} size={18} />
        </button>
      </span>
      {isNew && <Strength id={`${id}-strength`} password={value} known={known} />}
    </div>
  );
}

const STRENGTHS = { short: "account.strengthShort", weak: "account.strengthWeak", fair: "account.strengthFair", good: "account.strengthGood" } as const;

function Strength({ id, password, known }: { readonly id: string; readonly password: string; readonly known: readonly string[] }) {
  const t = useText();
  const strength = strengthOf(password, known);
  return (
    <div className="strength" data-strength={password === "" ? "none" : strength}>
      <span className="strength-bar" aria-hidden="true" />
      <p className="field-hint" id={id} aria-live="polite">{t(password === "" ? "account.passwordHint" : STRENGTHS[strength])}</p>
    </div>
  );
}
