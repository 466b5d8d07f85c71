import { useState } from "react";

import type { UserId } from "../core/types";
import { Avatar } from "./Avatar";
import { useClient } from "./context";
import { Icon } from "./Icon";

export function AccountBar({ userId, name, username }: { readonly userId: UserId; readonly name: string; readonly username: string }) {
  const client = useClient();
  const [isLeaving, setLeaving] = useState(false);
  return (
    <footer className="account">
      <Avatar id={userId} name={name} size="small" />
      <span className="account-names">
        <span className="account-name" data-testid="my-name">{name}</span>
        {username !== "" && <span className="account-username">@{username}</span>}
      </span>
      <button
        className="button-icon"
        type="button"
        aria-label="Log out"
        title="Log out"
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
