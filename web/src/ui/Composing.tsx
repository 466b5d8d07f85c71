import { useMemo } from "react";

import { messageAt } from "../core/composing";
import { nameOf } from "../core/select";
import { type ConversationState, myId, type State } from "../core/state";
import { quoted } from "../core/wording";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { useReveal } from "./reveal";
import { useWords } from "./words";

interface ComposingProps {
  readonly chat: ConversationState;
  readonly mode: "reply" | "edit";
  readonly target: number;
  readonly onEnd: () => void;
}

const partOf = ({ session, users }: State) => ({ session, users });

/** Says above the input which message is being answered or edited. Pressing it leads there; Esc ends it, too. */
export function Composing({ chat, mode, target, onEnd }: ComposingProps) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const reveal = useReveal();
  const me = myId(state);
  const message = useMemo(() => messageAt(chat, target, me), [chat, target, me]);
  const name = message === null ? "" : nameOf(state, message.senderId, words);
  const heading = mode === "edit" ? t("composer.editing") : message === null ? t("messages.earlier") : message.senderId === me ? t("composer.replyingSelf") : t("composer.replying", { name });
  return (
    <div className="composing" role="status" data-testid="composing" data-mode={mode}>
      <Icon name={mode === "edit" ? "pen" : "reply"} size={18} />
      <button className="composing-target" type="button" onClick={() => void reveal(chat.conversation.conversationId, target)}>
        <span className="composing-heading">{heading}</span>
        {message !== null && (
          <span className="composing-text" dir="auto">
            {quoted(message.shown, words)}
          </span>
        )}
      </button>
      <button className="button-icon" type="button" onClick={onEnd} aria-label={t(mode === "edit" ? "composer.endEdit" : "composer.endReply")}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
