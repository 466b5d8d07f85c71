import { useSyncExternalStore } from "react";

import type { Notifications } from "../app/notifications";
import { useAction } from "./action";
import { useClient } from "./context";
import { Icon } from "./Icon";

const HINTS: Readonly<Record<Notifications, string>> = {
  unsupported: "This browser has no notifications here",
  blocked: "You have blocked notifications in this browser's settings",
  off: "Notifications are off",
  on: "Notifications are on",
};

/** Whether this browser tells of messages while the chat is closed. */
export function NotificationsSwitch() {
  const { notifier } = useClient();
  const notifications = useSyncExternalStore(notifier.store.subscribe, notifier.store.get);
  const { run, isBusy, error } = useAction();
  return (
    <button
      className="button-icon"
      type="button"
      role="switch"
      aria-label="Notifications"
      aria-checked={notifications === "on"}
      title={error ?? HINTS[notifications]}
      disabled={isBusy || notifications === "unsupported" || notifications === "blocked"}
      onClick={() => {
        void run(() => (notifications === "on" ? notifier.turnOff() : notifier.turnOn()));
      }}
    >
      <Icon name={notifications === "on" ? "bell" : "bellOff"} />
    </button>
  );
}
