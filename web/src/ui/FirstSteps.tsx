import { myId, type State } from "../core/state";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { useToast } from "./parts/toasts";
import { addressToMe } from "./route";
import { Rich, useText } from "./words";

interface FirstStepsProps {
  readonly onNew: () => void;
  readonly onDiscover: () => void;
  readonly onNotes: () => void;
}

const myNameOf = (state: State) => {
  const me = myId(state);
  return me === null ? undefined : state.users.get(me)?.username;
};

/** What who has no conversation can do to have one. */
export function FirstSteps({ onNew, onDiscover, onNotes }: FirstStepsProps) {
  const t = useText();
  const toast = useToast();
  const username = useSelected(myNameOf);

  const copy = async (name: string) => {
    const address = addressToMe(name);
    await navigator.clipboard.writeText(address).then(
      () => { toast(t("conversations.copied")); },
      () => { toast(address); },
    );
  };

  return (
    <div className="first-steps">
      {username !== undefined && (
        <p>
          <Rich id="conversations.findYou" values={{ username, name: (children) => <strong dir="ltr">{children}</strong> }} />
        </p>
      )}
      <button className="button button-primary" type="button" onClick={onNew}>
        <Icon name="plus" size={18} /> {t("conversations.emptyAction")}
      </button>
      {username !== undefined && (
        <button className="button" type="button" onClick={() => void copy(username)} data-testid="copy-my-link">
          <Icon name="link" size={18} /> {t("conversations.inviteFriend")}
        </button>
      )}
      <button className="button" type="button" onClick={onDiscover}>
        <Icon name="globe" size={18} /> {t("conversations.discover")}
      </button>
      <button className="button" type="button" onClick={onNotes}>
        <Icon name="note" size={18} /> {t("conversations.notes")}
      </button>
    </div>
  );
}
