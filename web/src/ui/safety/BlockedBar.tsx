import "../styles/safety.css";

import safety from "virtual:texts/en/safety";

import { nameOf } from "../../core/select";
import type { State } from "../../core/state";
import type { UserId } from "../../core/types";
import { useSelected } from "../context";
import { Icon } from "../Icon";
import { alsoSaying, useWords } from "../words";
import { useUnblocking } from "./unblocking";

const partOf = ({ users }: State) => ({ users });

/** Stands where one would write to somebody whom one has blocked. */
function Bar({ userId }: { readonly userId: UserId }) {
  const words = useWords();
  const { t } = words;
  const unblock = useUnblocking();
  const name = nameOf(useSelected(partOf), userId, words);
  return (
    <div className="blocked-bar" role="status" data-testid="blocked-bar">
      <Icon name="block" />
      <p>{t("safety.bar", { name })}</p>
      <button className="button" type="button" onClick={() => { unblock(userId, name); }}>{t("conversations.unblock")}</button>
    </div>
  );
}

export const BlockedBar = alsoSaying(Bar, safety);
