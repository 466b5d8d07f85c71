import { type ReactNode, type SyntheticEvent, useState } from "react";

import type { OpsClient } from "../../app/ops";
import type { TextId } from "../../core/texts";
import { useAction } from "../action";
import { Field } from "../Field";
import { Logo } from "../Logo";
import { UserNameField } from "../UserNameField";
import { Rich, useText } from "../words";

export function OpsLogin({ client, notice }: { readonly client: OpsClient; readonly notice: TextId | null }) {
  const action = useAction();
  const t = useText();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void action.run(() => client.login(username.trim().toLowerCase(), password));
  };

  return (
    <Entrance>
      <form className="auth-form" onSubmit={submit} data-testid="ops-login" aria-labelledby="ops-title">
        <h1 id="ops-title">{t("ops.title")}</h1>
        <p className="ops-hint">{t("ops.hint")}</p>
        {notice !== null && action.error === null && <p className="notice" role="status">{t(notice)}</p>}
        <UserNameField value={username} onChange={setUsername} />
        <Field label={t("account.password")} name="password" type="password" value={password} onChange={setPassword} autoComplete="current-password" required />
        {action.error !== null && <p className="error" role="alert">{action.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
          {t(action.isBusy ? "common.oneMoment" : "account.logIn")}
        </button>
      </form>
    </Entrance>
  );
}

/** For whoever is logged in, and administers nothing. */
export function Forbidden({ client }: { readonly client: OpsClient }) {
  const action = useAction();
  const t = useText();
  return (
    <Entrance>
      <div className="auth-form" data-testid="ops-forbidden" role="alert">
        <h1>{t("ops.forbiddenTitle")}</h1>
        <p className="ops-hint">
          <Rich id="ops.forbiddenHint" values={{ code: (children) => <code dir="ltr">{children}</code> }} />
        </p>
        <button className="button button-primary button-wide" type="button" disabled={action.isBusy} onClick={() => void action.run(() => client.tryAgain())}>
          {t("common.tryAgain")}
        </button>
        <button className="button button-wide" type="button" disabled={action.isBusy} onClick={() => void action.run(() => client.logout())}>
          {t("ops.logOut")}
        </button>
      </div>
    </Entrance>
  );
}

function Entrance({ children }: { readonly children: ReactNode }) {
  const t = useText();
  return (
    <main className="ops-entrance">
      <section className="auth-panel">
        <div className="auth-mark">
          <Logo size={40} />
          <span>Elastic-Chat</span>
        </div>
        {children}
        <p className="auth-other">
          <a className="button-link" href="/">{t("ops.toChat")}</a>
        </p>
      </section>
    </main>
  );
}
