import { useCallback, useState } from "react";

import type { LoginSession } from "../../core/types";
import { useAction } from "../action";
import { useClient, useNow } from "../context";
import { Failure } from "../Failure";
import { Icon } from "../Icon";
import { useLoaded } from "../loaded";
import { Confirm } from "../parts/Confirm";
import { Skeleton } from "../parts/Skeleton";
import { useToast } from "../parts/toasts";
import { useText, useWords } from "../words";
import { Group } from "./Group";

/** Where one is logged in. */
export function SessionsSection() {
  const client = useClient();
  const t = useText();
  const toast = useToast();
  const { value: sessions, failure, reload } = useLoaded(useCallback(() => client.account.listSessions(), [client]));
  const [isEnding, setEnding] = useState(false);
  const others = (sessions ?? []).filter(({ isCurrent }) => !isCurrent);

  const endOthers = async () => {
    await client.account.endOtherSessions();
    await reload();
    toast(t("settings.sessionsEnded"));
  };

  return (
    <>
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {sessions === null && failure === null && <Skeleton label={t("common.loading")} />}
      {sessions !== null && (
        <>
          <Group title={t("settings.sessionHere")}>
            <ul className="rows">
              {sessions.filter(({ isCurrent }) => isCurrent).map((session) => <SessionRow key={session.sessionId} session={session} onEnded={reload} />)}
            </ul>
          </Group>
          <Group title={t("settings.sessionsOthers")} hint={t(others.length === 0 ? "settings.sessionsNone" : "settings.sessionsHint")}>
            {others.length > 0 && (
              <>
                <ul className="rows" data-testid="sessions">
                  {others.map((session) => <SessionRow key={session.sessionId} session={session} onEnded={reload} />)}
                </ul>
                <div className="buttons">
                  <button className="button button-danger" type="button" onClick={() => { setEnding(true); }}>{t("settings.sessionsEndOthers")}</button>
                </div>
              </>
            )}
          </Group>
        </>
      )}
      {isEnding && (
        <Confirm title={t("settings.sessionsEndOthers")} action={t("settings.sessionsEndAll")} isDanger onConfirm={endOthers} onClose={() => { setEnding(false); }}>
          <p>{t("settings.sessionsEndSure", { count: others.length })}</p>
        </Confirm>
      )}
    </>
  );
}

function SessionRow({ session, onEnded }: { readonly session: LoginSession; readonly onEnded: () => Promise<void> }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const ending = useAction();
  const now = useNow(60_000);
  const { sessionId, device, createdAt, lastUsedAt, isCurrent } = session;
  const name = device === "" ? t("settings.sessionUnnamed") : device;
  const end = async () => {
    await client.account.endSession(sessionId);
    await onEnded();
  };
  return (
    <li className="row" data-testid="session" data-current={isCurrent}>
      <span className="row-icon"><Icon name="device" /></span>
      <div className="row-text">
        <p className="row-title" dir="auto">{name}</p>
        <p className="field-hint">
          {isCurrent ? t("settings.sessionNow") : t("settings.sessionUsed", { time: words.shortTime(lastUsedAt, now) })}
        </p>
        <p className="field-hint">{t("settings.sessionSince", { time: words.moment(createdAt) })}</p>
        {ending.error !== null && <p className="error" role="alert">{ending.error}</p>}
      </div>
      {!isCurrent && (
        <button
          className="button"
          type="button"
          aria-label={t("settings.sessionEndNamed", { name })}
          disabled={ending.isBusy}
          onClick={() => void ending.run(end, () => { toast(t("settings.sessionEnded")); })}
        >
          {t("settings.sessionEnd")}
        </button>
      )}
    </li>
  );
}
