import { type SyntheticEvent, useState } from "react";

import { useAction } from "./action";
import { Bands } from "./Bands";
import { useClient } from "./context";
import { Field } from "./Field";
import { Logo } from "./Logo";
import { UserNameField } from "./UserNameField";

type Mode = "login" | "register";

const WORDS = {
  login: { title: "Welcome back", action: "Log in", other: "New here?", otherAction: "Create an account" },
  register: { title: "Create your account", action: "Create account", other: "Been here before?", otherAction: "Log in" },
} as const;

export function AuthPage({ notice }: { readonly notice: string | null }) {
  const client = useClient();
  const action = useAction();
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
        <p className="auth-claim">Conversations that stretch and never snap.</p>
      </section>
      <section className="auth-panel">
        <div className="auth-mark">
          <Logo size={40} />
          <span>Elastic-Chat</span>
        </div>
        <form className="auth-form" onSubmit={submit} data-testid="auth-form" aria-labelledby="auth-title">
          <h1 id="auth-title">{words.title}</h1>
          {notice !== null && action.error === null && <p className="notice" role="status">{notice}</p>}
          <UserNameField
            value={username}
            onChange={setUsername}
            {...(mode === "register"
              ? { pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{2,31}", hint: "3 to 32 letters, digits, dots, dashes. Others find you by it." }
              : {})}
          />
          {mode === "register" && (
            <Field label="Display name" name="displayName" value={displayName} onChange={setDisplayName} autoComplete="name" maxLength={64} isOptional />
          )}
          <Field
            label="Password"
            name="password"
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete={mode === "login" ? "current-password" : "new-password"}
            required
            {...(mode === "register" ? { minLength: 8, maxLength: 128, hint: "At least 8 characters." } : {})}
          />
          {action.error !== null && <p className="error" role="alert">{action.error}</p>}
          <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
            {action.isBusy ? "One moment…" : words.action}
          </button>
        </form>
        <p className="auth-other">
          {words.other}{" "}
          <button className="button-link" type="button" onClick={change}>
            {words.otherAction}
          </button>
        </p>
      </section>
    </main>
  );
}
