import { useState } from "react";

import type { UserId } from "../core/types";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { PageLink } from "./PageLink";
import { Avatar } from "./parts/Avatar";
import { WAY_IN } from "./route";
import { useText } from "./words";

interface AccountBarProps {
  readonly userId: UserId;
  readonly name: string;
  readonly username: string;
}

/** Who is logged in, and the way to what is their own.. */
export function AccountBar({ userId, name, username }: AccountBarProps) {
  const client = useClient();
  const t = useText();
  const [isLeaving, setLeaving] = useState(false);
  return (
    <footer className="account">
      <PageLink className="account-me" to="/settings/profile" title={t("common.profile")}>
        <Avatar id={userId} name={name} size="small" />
        <span className="account-names">
          <span className="account-name" data-testid="my-name" dir="auto">{name}</span>
          {username !== "" && <span className="account-username" dir="ltr">@{username}</span>}
        </span>
      </PageLink>
      <PageLink id={WAY_IN} className="button-icon" to="/settings" aria-label={t("common.settings")} title={t("common.settings")}>
        <Icon name="gear" />
      </PageLink>
      <button
        className="button-icon"
        type="button"
        aria-label={t("common.logOut")}
        title={t("common.logOut")}
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
