import { lazy, Suspense, useState, useSyncExternalStore } from "react";

import type { State } from "../core/state";
import { useClient, useSelected } from "./context";

const Offer = lazy(() => import("./Offer"));

/** Set once somebody has answered in this browser. */
const ANSWERED_KEY = "elastic-chat.notifications-offered";

const hasSaid = ({ outbox }: State) => outbox.length > 0;

/** Offers notifications once, when the user has said something and waits for an answer: then they know what it is about. */
export function NotificationsOffer() {
  const { notifier } = useClient();
  const notifications = useSyncExternalStore(notifier.store.subscribe, notifier.store.get);
  const isSaying = useSelected(hasSaid);
  const [isDue, setDue] = useState(false);
  const [isAnswered, setAnswered] = useState(() => localStorage.getItem(ANSWERED_KEY) !== null);
  if (isSaying && !isDue) {
    setDue(true);
  }
  if (!isDue || isAnswered || notifications !== "off") {
    return null;
  }
  return (
    <Suspense>
      <Offer
        onAnswered={() => {
          localStorage.setItem(ANSWERED_KEY, "yes");
          setAnswered(true);
        }}
      />
    </Suspense>
  );
}
