import { myId, type State } from "../core/state";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { Logo } from "./Logo";

interface EmptyPaneProps {
  readonly onNew: () => void;
  readonly onClose: () => void;
}

const partOf = ({ session, users, opened, listing, conversations }: State) => ({ session, users, opened, listing, conversations });

/** What stands where no conversation does. */
export function EmptyPane({ onNew, onClose }: EmptyPaneProps) {
  const state = useSelected(partOf);
  const me = myId(state);
  const username = me === null ? undefined : state.users.get(me)?.username;
  if (state.opened !== null && state.listing === "loading") {
    return <div className="empty" aria-busy="true" aria-label="Loading" />;
  }
  if (state.opened !== null && state.listing === "idle") {
    return (
      <div className="empty">
        <h2>This conversation is not here</h2>
        <p>It does not exist, or you are not a member of it any more.</p>
        <button className="button" type="button" onClick={onClose}>
          Show all conversations
        </button>
      </div>
    );
  }
  return (
    <div className="empty">
      <Logo size={64} />
      <h2>{state.conversations.size === 0 ? "Say the first word" : "Pick a conversation"}</h2>
      <p>
        {state.conversations.size === 0
          ? "Start a conversation with anyone whose user name you know."
          : "Choose one on the left, or start a new one."}
        {username !== undefined && (
          <>
            {" "}
            People find you as <strong>@{username}</strong>.
          </>
        )}
      </p>
      <button className="button button-primary" type="button" onClick={onNew}>
        <Icon name="plus" size={18} /> New conversation
      </button>
    </div>
  );
}
