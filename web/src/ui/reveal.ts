/** Brings a message onto the screen, wherever it is: for who has found it by a search, among the pins, or in a quote. */

import { createContext, use, useCallback, useSyncExternalStore } from "react";

import type { ConversationId } from "../core/types";
import { useClient } from "./context";

export interface Revealed {
  readonly conversationId: ConversationId;
  readonly seq: number;
}

/** What is to be brought onto the screen; each time it is asked for counts, also for the same message. */
export class Revealer {
  private revealed: Revealed | null = null;
  private readonly listeners = new Set<() => void>();

  readonly get = (): Revealed | null => this.revealed;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly set = (revealed: Revealed | null): void => {
    this.revealed = revealed;
    this.listeners.forEach((listener) => { listener(); });
  };
}

const RevealerContext = createContext(new Revealer());

export const RevealerProvider = RevealerContext;

/**
 * Opens the conversation, fetches back to the message if it is not loaded, and shows it. Resolves to whether it is there: it may have
 * disappeared, or history may not be reached.
 */
export function useReveal(): (conversationId: ConversationId, seq: number) => Promise<boolean> {
  const client = useClient();
  const revealer = use(RevealerContext);
  return useCallback(
    async (conversationId, seq) => {
      if (client.store.get().opened?.conversationId !== conversationId) {
        client.openConversation(conversationId);
      }
      const isThere = await client.loadBack(conversationId, seq);
      if (isThere) {
        revealer.set({ conversationId, seq });
      }
      return isThere;
    },
    [client, revealer],
  );
}

/** What is to be shown here; null if nothing is. */
export function useRevealed(conversationId: ConversationId): Revealed | null {
  const { subscribe, get } = use(RevealerContext);
  const revealed = useSyncExternalStore(subscribe, get);
  return revealed?.conversationId === conversationId ? revealed : null;
}
