import { useState, useSyncExternalStore } from "react";

import type { State } from "../core/state";
import { useAction } from "./action";
import { useClient, useSelected } from "./context";
import { useText } from "./words";

/** Set once somebody has answered in this browser. */
const ANSWERED_KEY = "elastic-chat.notifications-offered";

const hasSaid = ({ outbox }: State) => outbox.length > 0;

/** Offers notifications once, when the user has said something and waits for an answer: then they know what it is about. */
export function NotificationsOffer() {
  const { notifier } = useClient();
  const t = useText();
  const notifications = useSyncExternalStore(notifier.store.subscribe, notifier.store.get);
  const isSaying = useSelected(hasSaid);
  const [isDue, setDue] = useState(false);
  const [isAnswered, setAnswered] = useState(() => localStorage.getItem(ANSWERED_KEY) !== null);
  const { run, isBusy, error } = useAction();
  const answer = () => {
    localStorage.setItem(ANSWERED_KEY, "yes");
    setAnswered(true);
  };
  if (isSaying && !isDue) {
    setDue(true);
  }
  if (!isDue || isAnswered || notifications !== "off") {
    return null;
  }
  return (
    <aside className="offer" aria-labelledby="offer-title" data-testid="notifications-offer">
      <h2 id="offer-title">{t("settings.offerTitle")}</h2>
      <p>{t("settings.offerText")}</p>
      {error !== null && <p className="error" role="alert">{error}</p>}
      <div className="offer-buttons">
        <button className="button button-primary" type="button" disabled={isBusy} onClick={() => void run(() => notifier.turnOn(), answer)}>{t("settings.offerYes")}</button>
        <button className="button" type="button" onClick={answer}>{t("settings.offerNo")}</button>
      </div>
    </aside>
  );
}
