import { myId, type State } from "../core/state";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { Logo } from "./Logo";
import { Rich, useText } from "./words";

interface EmptyPaneProps {
  readonly onNew: () => void;
  readonly onClose: () => void;
}

const partOf = ({ session, users, opened, listing, conversations }: State) => ({ session, users, opened, listing, conversations });

/** What stands where no conversation does. */
export function EmptyPane({ onNew, onClose }: EmptyPaneProps) {
  const t = useText();
  const state = useSelected(partOf);
  const me = myId(state);
  const username = me === null ? undefined : state.users.get(me)?.username;
  if (state.opened !== null && state.listing === "loading") {
    return <div className="empty" aria-busy="true" aria-label={t("common.loading")} />;
  }
  if (state.opened !== null && state.listing === "idle") {
    return (
      <div className="empty">
        <h2>{t("conversations.lostTitle")}</h2>
        <p>{t("conversations.lostHint")}</p>
        <button className="button" type="button" onClick={onClose}>
          {t("conversations.lostAction")}
        </button>
      </div>
    );
  }
  return (
    <div className="empty">
      <Logo size={64} />
      <h2>{t(state.conversations.size === 0 ? "conversations.firstTitle" : "conversations.pickTitle")}</h2>
      <p>
        {t(state.conversations.size === 0 ? "conversations.firstHint" : "conversations.pickHint")}
        {username !== undefined && (
          <>
            {" "}
            <Rich id="conversations.findYou" values={{ username, name: (children) => <strong dir="ltr">{children}</strong> }} />
          </>
        )}
      </p>
      <button className="button button-primary" type="button" onClick={onNew}>
        <Icon name="plus" size={18} /> {t("conversations.new")}
      </button>
    </div>
  );
}
