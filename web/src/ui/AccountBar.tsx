import { lazy, Suspense, useState } from "react";

import type { Preferences, UserId } from "../core/types";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { NotificationsSwitch } from "./NotificationsSwitch";
import { Avatar } from "./parts/Avatar";
import { useText } from "./words";

const SeenDialog = lazy(async () => ({ default: (await import("./SeenDialog")).SeenDialog }));

interface AccountBarProps {
  readonly userId: UserId;
  readonly name: string;
  readonly username: string;
  readonly preferences: Preferences | null;
}

export function AccountBar({ userId, name, username, preferences }: AccountBarProps) {
  const client = useClient();
  const t = useText();
  const [isLeaving, setLeaving] = useState(false);
  const [isDeciding, setDeciding] = useState(false);
  return (
    <footer className="account">
      <Avatar id={userId} name={name} size="small" />
      <span className="account-names">
        <span className="account-name" data-testid="my-name" dir="auto">{name}</span>
        {username !== "" && <span className="account-username" dir="ltr">@{username}</span>}
      </span>
      <NotificationsSwitch />
      <button
        className="button-icon"
        type="button"
        aria-label={t("settings.seen")}
        title={t("settings.seen")}
        disabled={preferences === null}
        onClick={() => { setDeciding(true); }}
      >
        <Icon name="seen" />
      </button>
      {isDeciding && preferences !== null && <Suspense><SeenDialog preferences={preferences} onClose={() => { setDeciding(false); }} /></Suspense>}
      <button
        className="button-icon"
        type="button"
        aria-label={t("account.logOut")}
        title={t("account.logOut")}
        disabled={isLeaving}
        onClick={() => {
          setLeaving(true);
          void client.logout();
        }}
      >
        <Icon name="logout" />
      </button>
    </footer>
  );
}
