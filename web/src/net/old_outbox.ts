/** The outbox as it was kept in localStorage by versions before there was a database. */

import type { KeptMessage } from "../core/kept_outbox";
import type { ConversationId, FileRef, MessageId, UserId } from "../core/types";

const PREFIX = "elastic-chat.outbox";

interface Old {
  readonly conversationId: ConversationId;
  readonly text: string;
  readonly files?: readonly FileRef[];
  readonly createdAt: number;
  readonly failure: string | null;
}

/** What a user left behind. What can't be read is nothing. */
export function oldOutbox(userId: UserId): ReadonlyMap<MessageId, KeptMessage> {
  const found = keysOf(userId).map((key) => keptFrom(key.slice(key.lastIndexOf(".") + 1) as MessageId, localStorage.getItem(key)));
  return new Map(found.filter((kept) => kept !== null).map((kept) => [kept.messageId, kept]));
}

export function clearOldOutbox(userId: UserId): void {
  for (const key of keysOf(userId)) {
    localStorage.removeItem(key);
  }
}

function keysOf(userId: UserId): readonly string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}.${userId}.`));
}

function keptFrom(messageId: MessageId, value: string | null): KeptMessage | null {
  try {
    const { conversationId, text, files, createdAt, failure } = JSON.parse(value ?? "") as Old;
    return { messageId, conversationId, said: { text, ...(files === undefined ? {} : { files }) }, createdAt, queuedAt: createdAt, failure };
  } catch {
    return null;
  }
}
