import { type SyntheticEvent, useState } from "react";

import type { TextId } from "../core/texts";
import { useAction } from "./action";
import { Bands } from "./Bands";
import { useClient } from "./context";
import { Field } from "./Field";
import { Logo } from "./Logo";
import { UserNameField } from "./UserNameField";
import { useText } from "./words";

type Mode = "login" | "register";

const WORDS = {
  login: { title: "account.welcome", action: "account.logIn", other: "account.isNew", otherAction: "account.createLink" },
  register: { title: "account.createTitle", action: "account.create", other: "account.isKnown", otherAction: "account.logIn" },
} as const;

export function AuthPage({ notice }: { readonly notice: TextId | null }) {
  const client = useClient();
  const action = useAction();
  const t = useText();
  const [mode, setMode] = useState<Mode>("login");
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const words = WORDS[mode];

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const name = username.trim().toLowerCase();
    void action.run(() => (mode === "login" ? client.login(name, password) : client.register(name, password, displayName.trim())));
  };

  const change = () => {
    setMode(mode === "login" ? "register" : "login");
    action.clear();
  };

  return (
    <main className="auth">
      <section className="auth-brand" aria-hidden="true">
        <Bands />
        <p className="auth-claim">{t("account.claim")}</p>
      </section>
      <section className="auth-panel">
        <div className="auth-mark">
          <Logo size={40} />
          <span>Elastic-Chat</span>
        </div>
        <form className="auth-form" onSubmit={submit} data-testid="auth-form" aria-labelledby="auth-title">
          <h1 id="auth-title">{t(words.title)}</h1>
          {notice !== null && action.error === null && <p className="notice" role="status">{t(notice)}</p>}
          <UserNameField
            value={username}
            onChange={setUsername}
            {...(mode === "register"
              ? { pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{2,31}", hint: t("account.userNameHint") }
              : {})}
          />
          {mode === "register" && (
            <Field label={t("account.displayName")} name="displayName" value={displayName} onChange={setDisplayName} autoComplete="name" maxLength={64} isOptional />
          )}
          <Field
            label={t("account.password")}
            name="password"
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete={mode === "login" ? "current-password" : "new-password"}
            required
            {...(mode === "register" ? { minLength: 8, maxLength: 128, hint: t("account.passwordHint") } : {})}
          />
          {action.error !== null && <p className="error" role="alert">{action.error}</p>}
          <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
            {t(action.isBusy ? "common.oneMoment" : words.action)}
          </button>
        </form>
        <p className="auth-other">
          {t(words.other)}{" "}
          <button className="button-link" type="button" onClick={change}>
            {t(words.otherAction)}
          </button>
        </p>
      </section>
    </main>
  );
}
