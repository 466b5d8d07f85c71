import { type SyntheticEvent, useState } from "react";
import account from "virtual:texts/en/account";

import type { TextId } from "../core/texts";
import type { Say } from "../core/words";
import { useAction } from "./action";
import { Bands } from "./Bands";
import { useClient } from "./context";
import { Field } from "./Field";
import { Logo } from "./Logo";
import { PasswordField } from "./PasswordField";
import { UserNameField } from "./UserNameField";
import { alsoSaying, useText } from "./words";

type Mode = "login" | "register";

const WORDS = {
  login: { title: "account.welcome", action: "account.logIn", other: "account.isNew", otherAction: "account.createLink" },
  register: { title: "account.createTitle", action: "account.create", other: "account.isKnown", otherAction: "account.logIn" },
} as const;

/** Why one does not come in; `error` where there is nothing better to say than of any other call. */
function refusal(mode: Mode, reason: string, error: string, invite: string, t: Say): string {
  if (reason === "ACCOUNT_SUSPENDED") {
    return t("account.suspended", { words: error });
  }
  if (mode === "register" && reason === "BAD_INVITE") {
    return t(invite.trim() === "" ? "account.inviteNeeded" : "account.inviteBad");
  }
  return mode === "register" && reason === "PERMISSION_DENIED" ? t("account.closed") : error;
}

function isAskingForInvite(failure: unknown): boolean {
  return failure instanceof Error && "reason" in failure && failure.reason === "BAD_INVITE";
}

function AuthPage({ notice }: { readonly notice: TextId | null }) {
  const client = useClient();
  const action = useAction();
  const t = useText();
  const [mode, setMode] = useState<Mode>("login");
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [invite, setInvite] = useState("");
  const [isInvited, setInvited] = useState(false);
  const words = WORDS[mode];

  const register = async (name: string) => {
    try {
      await client.register(name, password, displayName.trim(), invite.trim());
    } catch (failure) {
      // Only now it is known that nobody comes in here without one.
      setInvited((before) => before || isAskingForInvite(failure));
      throw failure;
    }
  };

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const name = username.trim().toLowerCase();
    void action.run(() => (mode === "login" ? client.login(name, password) : register(name)));
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
          <PasswordField
            label={t("account.password")}
            name="password"
            value={password}
            onChange={setPassword}
            {...(mode === "register" ? { known: [username, displayName] } : {})}
          />
          {isInvited && mode === "register" && (
            <Field label={t("account.invite")} name="invite" value={invite} onChange={setInvite} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required hint={t("account.inviteHint")} />
          )}
          {action.error !== null && <p className="error" role="alert">{refusal(mode, action.reason, action.error, invite, t)}</p>}
          <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
            {t(action.isBusy ? "common.oneMoment" : words.action)}
          </button>
        </form>
        {mode === "register" && !isInvited && (
          <p className="auth-other">
            <button className="button-link" type="button" onClick={() => { setInvited(true); }}>
              {t("account.inviteAsk")}
            </button>
          </p>
        )}
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

export default alsoSaying(AuthPage, account);
