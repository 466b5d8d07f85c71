import { type SyntheticEvent, useCallback, useState } from "react";

import type { Account, ServiceToken } from "../../core/types";
import { useAction } from "../action";
import { useClient } from "../context";
import { Failure } from "../Failure";
import { Field } from "../Field";
import { Icon } from "../Icon";
import { useLoaded } from "../loaded";
import { Skeleton } from "../parts/Skeleton";
import { Group } from "../settings/Group";
import { useText, useWords } from "../words";
import { Secret } from "./Secret";

/** Users that are programs, and the tokens by which they come in. */
export function BotsSection() {
  const client = useClient();
  const t = useText();
  const { run, isBusy, error } = useAction();
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [found, setFound] = useState("");
  const [bot, setBot] = useState<Account | null>(null);
  const make = (event: SyntheticEvent) => {
    event.preventDefault();
    void run(async () => { setBot(await client.admin.createBot(username.trim().toLowerCase(), displayName.trim())); });
  };
  const find = (event: SyntheticEvent) => {
    event.preventDefault();
    void run(async () => { setBot(await client.admin.getAccount({ username: found.trim().toLowerCase() })); });
  };
  return (
    <>
      <Group title={t("admin.botMake")} hint={t("admin.botHint")}>
        <form className="group-form" onSubmit={make} data-testid="make-bot">
          <Field label={t("common.userName")} name="username" value={username} onChange={setUsername} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required />
          <Field label={t("account.displayName")} name="displayName" value={displayName} onChange={setDisplayName} autoComplete="off" maxLength={64} isOptional />
          <div className="buttons">
            <button className="button button-primary" type="submit" disabled={isBusy}>{t("admin.botMake")}</button>
          </div>
        </form>
      </Group>
      <Group title={t("admin.botFind")}>
        <form className="dialog-row" role="search" onSubmit={find}>
          <Field label={t("admin.botName")} name="find" value={found} onChange={setFound} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required />
          <button className="button" type="submit" disabled={isBusy}>{t("admin.findAction")}</button>
        </form>
      </Group>
      {error !== null && <p className="error" role="alert">{error}</p>}
      {bot !== null && <Tokens key={bot.user.userId} bot={bot} />}
    </>
  );
}

function Tokens({ bot: { user } }: { readonly bot: Account }) {
  const client = useClient();
  const t = useText();
  const making = useAction();
  const [name, setName] = useState("");
  const [secret, setSecret] = useState<string | null>(null);
  const { value: tokens, failure, reload } = useLoaded(useCallback(() => client.admin.listServiceTokens(user.userId), [client, user.userId]));
  const make = (event: SyntheticEvent) => {
    event.preventDefault();
    void making.run(
      async () => {
        setSecret((await client.admin.createServiceToken(user.userId, name.trim())).secret);
        await reload();
      },
      () => { setName(""); },
    );
  };
  return (
    <Group title={t("admin.tokens", { name: `@${user.username}` })} hint={t("admin.tokensHint")}>
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {tokens === null && failure === null && <Skeleton label={t("common.loading")} rows={1} />}
      <ul className="rows">
        {(tokens ?? []).map((token) => (
          <TokenRow
            key={token.tokenId}
            token={token}
            onWithdraw={async () => {
              await client.admin.withdrawServiceToken(user.userId, token.tokenId);
              await reload();
            }}
          />
        ))}
      </ul>
      {failure === null && (
        <form className="dialog-row" onSubmit={make} data-testid="make-token">
          <Field label={t("admin.tokenName")} name="token" value={name} onChange={setName} maxLength={64} autoComplete="off" required />
          <button className="button" type="submit" disabled={making.isBusy}>{t("admin.tokenMake")}</button>
        </form>
      )}
      {making.error !== null && <p className="error" role="alert">{making.error}</p>}
      {secret !== null && <Secret label={t("admin.token")} value={secret} />}
    </Group>
  );
}

function TokenRow({ token: { name, lastUsedAt }, onWithdraw }: { readonly token: ServiceToken; readonly onWithdraw: () => Promise<void> }) {
  const words = useWords();
  const { t } = words;
  const { run, isBusy, error } = useAction();
  return (
    <li className="row" data-testid="token">
      <span className="row-icon"><Icon name="lock" /></span>
      <div className="row-text">
        <p className="row-title" dir="auto">{name}</p>
        <p className="field-hint">{lastUsedAt === null ? t("admin.tokenUnused") : t("settings.sessionUsed", { time: words.moment(lastUsedAt) })}</p>
        {error !== null && <p className="error" role="alert">{error}</p>}
      </div>
      <button className="button button-danger" type="button" aria-label={t("admin.withdrawNamed", { name })} disabled={isBusy} onClick={() => void run(onWithdraw)}>{t("admin.withdraw")}</button>
    </li>
  );
}
