/** The keys that lead from anywhere to a conversation. */

import { useEffect } from "react";

import { isWaiting, neighbour } from "../core/folders";
import type { ConversationRow } from "../core/select";
import type { ConversationId } from "../core/types";

interface Shortcuts {
  /** The conversations of the list, as it is shown. */
  readonly rows: readonly ConversationRow[];
  readonly openedId: ConversationId | null;
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onSwitch: () => void;
}

/** Ctrl+K asks where to; Alt with an arrow opens the next or the previous conversation, and with Shift the next that waits. */
export function useListKeys({ rows, openedId, onOpen, onSwitch }: Shortcuts): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) {
        return;
      }
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onSwitch();
      } else if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        const within = event.shiftKey ? rows.filter((row) => isWaiting(row) || idOf(row) === openedId) : rows;
        const next = neighbour(within.map(idOf), openedId, event.key === "ArrowDown" ? 1 : -1);
        if (next !== null) {
          onOpen(next);
        }
      }
    };
    window.addEventListener("keydown", press);
    return () => { window.removeEventListener("keydown", press); };
  });
}

function idOf({ chat }: ConversationRow): ConversationId {
  return chat.conversation.conversationId;
}
