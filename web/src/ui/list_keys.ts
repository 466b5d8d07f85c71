/** The keys that lead from anywhere to a conversation of the list. */

import { isWaiting, neighbour } from "../core/folders";
import type { ConversationRow } from "../core/select";
import type { ConversationId } from "../core/types";
import { useShortcuts } from "./keyboard";

interface ListKeys {
  /** The conversations of the list, as it is shown. */
  readonly rows: readonly ConversationRow[];
  readonly openedId: ConversationId | null;
  readonly onOpen: (conversationId: ConversationId) => void;
  readonly onSwitch: () => void;
}

export function useListKeys({ rows, openedId, onOpen, onSwitch }: ListKeys): void {
  const step = (within: readonly ConversationRow[], by: 1 | -1) => {
    const next = neighbour(within.map(idOf), openedId, by);
    if (next !== null) {
      onOpen(next);
    }
  };
  const waiting = () => rows.filter((row) => isWaiting(row) || idOf(row) === openedId);
  useShortcuts({
    switchConversation: onSwitch,
    previousConversation: () => { step(rows, -1); },
    nextConversation: () => { step(rows, 1); },
    previousWaiting: () => { step(waiting(), -1); },
    nextWaiting: () => { step(waiting(), 1); },
  });
}

function idOf({ chat }: ConversationRow): ConversationId {
  return chat.conversation.conversationId;
}
