import { type ReactNode, type SyntheticEvent, useState } from "react";

import type { OpsClient } from "../../app/ops";
import { useAction } from "../action";
import { Field } from "../Field";
import { Logo } from "../Logo";
import { UserNameField } from "../UserNameField";

export function OpsLogin({ client, notice }: { readonly client: OpsClient; readonly notice: string | null }) {
  const action = useAction();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void action.run(() => client.login(username.trim().toLowerCase(), password));
  };

  return (
    <Entrance>
      <form className="auth-form" onSubmit={submit} data-testid="ops-login" aria-labelledby="ops-title">
        <h1 id="ops-title">Operations</h1>
        <p className="ops-hint">How the stack is, for its administrators.</p>
        {notice !== null && action.error === null && <p className="notice" role="status">{notice}</p>}
        <UserNameField value={username} onChange={setUsername} />
        <Field label="Password" name="password" type="password" value={password} onChange={setPassword} autoComplete="current-password" required />
        {action.error !== null && <p className="error" role="alert">{action.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
          {action.isBusy ? "One moment…" : "Log in"}
        </button>
      </form>
    </Entrance>
  );
}

/** For whoever is logged in, and administers nothing. */
export function Forbidden({ client }: { readonly client: OpsClient }) {
  const action = useAction();
  return (
    <Entrance>
      <div className="auth-form" data-testid="ops-forbidden" role="alert">
        <h1>Administrators only</h1>
        <p className="ops-hint">
          The account that is logged in here administers nothing. An operator of the stack can change that: <code>elastic-chat user role NAME admin</code>.
        </p>
        <button className="button button-primary button-wide" type="button" disabled={action.isBusy} onClick={() => void action.run(() => client.tryAgain())}>
          Try again
        </button>
        <button className="button button-wide" type="button" disabled={action.isBusy} onClick={() => void action.run(() => client.logout())}>
          Log out, here and in the chat
        </button>
      </div>
    </Entrance>
  );
}

function Entrance({ children }: { readonly children: ReactNode }) {
  return (
    <main className="ops-entrance">
      <section className="auth-panel">
        <div className="auth-mark">
          <Logo size={40} />
          <span>Elastic-Chat</span>
        </div>
        {children}
        <p className="auth-other">
          <a className="button-link" href="/">To the chat</a>
        </p>
      </section>
    </main>
  );
}
