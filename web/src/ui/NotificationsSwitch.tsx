import { useSyncExternalStore } from "react";

import type { Notifications } from "../app/notifications";
import type { TextId } from "../core/texts";
import { useAction } from "./action";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { useText } from "./words";

const HINTS: Readonly<Record<Notifications, TextId>> = {
  unsupported: "settings.notificationsNone",
  blocked: "settings.notificationsBlocked",
  off: "settings.notificationsOff",
  on: "settings.notificationsOn",
};

/** Whether this browser tells of messages while the chat is closed. */
export function NotificationsSwitch() {
  const { notifier } = useClient();
  const t = useText();
  const notifications = useSyncExternalStore(notifier.store.subscribe, notifier.store.get);
  const { run, isBusy, error } = useAction();
  return (
    <button
      className="button-icon"
      type="button"
      role="switch"
      aria-label={t("settings.notifications")}
      aria-checked={notifications === "on"}
      title={error ?? t(HINTS[notifications])}
      disabled={isBusy || notifications === "unsupported" || notifications === "blocked"}
      onClick={() => {
        void run(() => (notifications === "on" ? notifier.turnOff() : notifier.turnOn()));
      }}
    >
      <Icon name={notifications === "on" ? "bell" : "bellOff"} />
    </button>
  );
}
