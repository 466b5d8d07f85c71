import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import account from "virtual:texts/en/account";

import { pendingLogin } from "../app/login";
import { type AuthOptions, USUAL } from "../core/login";
import type { TextId } from "../core/texts";
import type { Say } from "../core/words";
import { useAction } from "./action";
import { Bands } from "./Bands";
import { useClient } from "./context";
import { Field } from "./Field";
import { Icon } from "./Icon";
import { Logo } from "./Logo";
import { PasswordField } from "./PasswordField";
import { takeReturn } from "./route";
import { Splash } from "./Splash";
import { UserNameField } from "./UserNameField";
import { alsoSaying, useText } from "./words";

type Mode = "login" | "register";

const WORDS = {
  login: { title: "account.welcome", action: "account.logIn", other: "account.isNew", otherAction: "account.createLink" },
  register: { title: "account.createTitle", action: "account.create", other: "account.isKnown", otherAction: "account.logIn" },
} as const;

/** So long the page waits to hear what it may offer, so that what is shown stays where it is. */
const PATIENCE_MS = 1_000;
/** And so long until it asks again, if nobody could say. */
const AGAIN_MS = 3_000;

/** Why a login by a provider came to nothing, where there is something to do about it. */
const PROVIDER_REFUSALS: Readonly<Record<string, TextId>> = {
  INVALID_ARGUMENT: "account.providerNotSetUp",
  NOT_BEGUN_HERE: "account.providerNotBegun",
  NOT_FOUND: "account.providerNotSetUp",
  PERMISSION_DENIED: "account.providerUnknown",
  REFUSED_THERE: "account.providerRefused",
  UNAUTHENTICATED: "account.providerExpired",
  UNAVAILABLE: "account.providerAway",
};

/** Why one does not come in; `error` where there is nothing better to say than of any other call. */
function refusal(mode: Mode, provider: string | null, reason: string, error: string, invite: string, t: Say): string {
  if (reason === "ACCOUNT_SUSPENDED") {
    return t("account.suspended", { words: error });
  }
  const ofProvider = provider === null ? undefined : PROVIDER_REFUSALS[reason];
  if (ofProvider !== undefined) {
    return t(ofProvider, { provider: provider ?? "" });
  }
  if (mode === "register" && reason === "BAD_INVITE") {
    return t(invite.trim() === "" ? "account.inviteNeeded" : "account.inviteBad");
  }
  return mode === "register" && reason === "PERMISSION_DENIED" ? t("account.closed") : error;
}

function isAskingForInvite(failure: unknown): boolean {
  return failure instanceof Error && "reason" in failure && failure.reason === "BAD_INVITE";
}

/** How one may come in here; null until that is known. */
function useAuthOptions(): AuthOptions | null {
  const { providers } = useClient();
  const [options, setOptions] = useState<AuthOptions | null>(null);
  useEffect(() => {
    let isWanted = true;
    const take = (found: AuthOptions) => {
      if (isWanted) {
        setOptions(found);
      }
    };
    let again: ReturnType<typeof setTimeout> | undefined;
    const patience = setTimeout(take, PATIENCE_MS, USUAL);
    const ask = () => {
      void providers.options().then(take, () => {
        take(USUAL);
        again = isWanted ? setTimeout(ask, AGAIN_MS) : undefined;
      }).finally(() => { clearTimeout(patience); });
    };
    ask();
    return () => {
      isWanted = false;
      clearTimeout(patience);
      clearTimeout(again);
    };
  }, [providers]);
  return options;
}

interface Back {
  readonly search: string;
  /** Empty if nobody was to come back: nothing was begun in this tab. */
  readonly provider: string;
}

/** Here until it is used: a drawing that is begun anew before it is shown must find it again. */
let came: Back | null = null;

/** With what a provider has sent the user back; null if none has. The address is again what it was before. */
function takeBack(): Back | null {
  const pending = pendingLogin();
  const search = takeReturn(pending?.back ?? "/");
  if (search !== null) {
    came = { search, provider: pending?.provider ?? "" };
  }
  return came;
}

function AuthPage({ notice }: { readonly notice: TextId | null }) {
  const client = useClient();
  const action = useAction();
  const t = useText();
  const options = useAuthOptions();
  const [mode, setMode] = useState<Mode>("login");
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [invite, setInvite] = useState("");
  const [isInvited, setInvited] = useState(false);
  const [back] = useState(takeBack);
  /** By whom one is logging in, or was; null by a password. */
  const [provider, setProvider] = useState(back?.provider ?? null);
  const [isReturning, setReturning] = useState(back !== null);
  const hasReturned = useRef(false);
  const words = WORDS[mode];

  const { run } = action;
  useEffect(() => {
    if (back !== null && !hasReturned.current) {
      hasReturned.current = true;
      came = null;
      void run(() => client.providers.finish(back.search).finally(() => { setReturning(false); }));
    }
  }, [back, client, run]);

  if (options === null || isReturning) {
    return <Splash />;
  }

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
    setProvider(null);
    void action.run(() => (mode === "login" ? client.login(name, password) : register(name)));
  };

  const change = () => {
    setMode(mode === "login" ? "register" : "login");
    action.clear();
  };

  const goTo = (name: string) => {
    setProvider(name);
    void action.run(() => client.providers.begin(name));
  };

  const { registration, providers } = options;
  const needsInvite = isInvited || registration === "invite";
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
          {needsInvite && mode === "register" && (
            <Field label={t("account.invite")} name="invite" value={invite} onChange={setInvite} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required hint={t("account.inviteHint")} />
          )}
          {action.error !== null && <p className="error" role="alert">{refusal(mode, provider, action.reason, action.error, invite, t)}</p>}
          <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
            {t(action.isBusy ? "common.oneMoment" : words.action)}
          </button>
        </form>
        {providers.length > 0 && (
          <div className="auth-providers" data-testid="auth-providers">
            <p className="auth-or">{t("account.or")}</p>
            {providers.map((name) => (
              <button key={name} className="button button-wide" type="button" disabled={action.isBusy} onClick={() => { goTo(name); }}>
                <Icon name="key" />
                {t("account.continueWith", { provider: name })}
              </button>
            ))}
          </div>
        )}
        {mode === "register" && !needsInvite && registration === "unknown" && (
          <p className="auth-other">
            <button className="button-link" type="button" onClick={() => { setInvited(true); }}>
              {t("account.inviteAsk")}
            </button>
          </p>
        )}
        {registration === "closed" && mode === "login" ? (
          <p className="auth-other">{t("account.closed")}</p>
        ) : (
          <p className="auth-other">
            {t(words.other)}{" "}
            <button className="button-link" type="button" onClick={change}>
              {t(words.otherAction)}
            </button>
          </p>
        )}
      </section>
    </main>
  );
}

export default alsoSaying(AuthPage, account);
