import { myId, type State } from "../core/state";
import type { ConversationId } from "../core/types";
import { sentenceOf } from "./action";
import { useClient, useSelected } from "./context";
import { FirstSteps } from "./FirstSteps";
import { Icon } from "./Icon";
import { Logo } from "./Logo";
import { useToast } from "./parts/toasts";
import { Rich, useWords } from "./words";

interface EmptyPaneProps {
  readonly onNew: () => void;
  readonly onDiscover: () => void;
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onClose: () => void;
}

const partOf = ({ session, users, opened, listing, conversations }: State) => ({ session, users, opened, listing, conversations });

/** What stands where no conversation does. */
export function EmptyPane({ onNew, onDiscover, onOpen, onClose }: EmptyPaneProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
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
  if (state.conversations.size === 0) {
    const openNotes = () => {
      client.groups.openNotes().then(onOpen, (failure: unknown) => { toast(sentenceOf(failure, words)); });
    };
    return (
      <div className="empty">
        <Logo size={64} />
        <h2>{t("conversations.firstTitle")}</h2>
        <p>{t("conversations.firstHint")}</p>
        <FirstSteps onNew={onNew} onDiscover={onDiscover} onNotes={openNotes} />
      </div>
    );
  }
  return (
    <div className="empty">
      <Logo size={64} />
      <h2>{t("conversations.pickTitle")}</h2>
      <p>
        {t("conversations.pickHint")}
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
