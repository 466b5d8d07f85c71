import { useState } from "react";

import { nameOf } from "../core/select";
import { type ConversationState, myId, type State } from "../core/state";
import { describe } from "../core/wording";
import { useSelected } from "./context";
import { Icon } from "./Icon";
import { usePanels } from "./panels";
import { usePins } from "./pins";
import { useReveal } from "./reveal";
import { useWords } from "./words";

const partOf = ({ session, users }: State) => ({ session, users });

/** The newest message that is pinned. Pressing it leads there, and shows the one that was pinned before. */
export function PinsBar({ chat }: { readonly chat: ConversationState }) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const panels = usePanels();
  const reveal = useReveal();
  const [turn, setTurn] = useState(0);
  const { pins } = usePins(chat);
  const { conversationId } = chat.conversation;
  const at = pins === null ? 0 : turn % Math.max(1, pins.length);
  const entry = pins?.[at];
  return (
    entry !== undefined && (
      <div className="pins-bar" data-testid="pins-bar">
        <button
          className="pins-bar-message"
          type="button"
          onClick={() => {
            setTurn(at + 1);
            void reveal(conversationId, entry.seq);
          }}
        >
          <Icon name="pin" size={16} />
          <span className="pins-bar-text" dir="auto">{describe(entry, myId(state), (userId) => nameOf(state, userId, words), words)}</span>
        </button>
        <button className="button-link" type="button" onClick={() => { panels.open(conversationId, { kind: "pins" }); }}>
          {t("messages.pinsAll", { count: pins?.length ?? 0 })}
        </button>
      </div>
    )
  );
}
