/**
 * Keeps what is not yet sent over a reload. Each message has a key of its own, so that tabs don't overwrite each other; a message that two
 * tabs send becomes one entry all the same.
 */

import type { Outbox, OutboxItem } from "../core/outbox";
import type { ConversationId, MessageId, Said, UserId } from "../core/types";

const PREFIX = "elastic-chat.outbox";

interface Stored {
  readonly conversationId: ConversationId;
  readonly said: Said;
  readonly createdAt: number;
  readonly queuedAt: number;
  readonly failure: string | null;
}

/** What a user left behind, in the order in which it was written. */
export function loadOutbox(userId: UserId, now: number): Outbox {
  return keysOf(userId)
    .sort()
    .map((key) => itemOf(key, localStorage.getItem(key), now))
    .filter((item) => item !== null);
}

/** Writes the difference between two outboxes. */
export function saveOutbox(userId: UserId, before: Outbox, after: Outbox): void {
  const old = new Map(before.map((item) => [item.messageId, textOf(item)]));
  for (const item of after) {
    const text = textOf(item);
    if (old.get(item.messageId) !== text) {
      write(keyOf(userId, item.messageId), text);
    }
    old.delete(item.messageId);
  }
  for (const messageId of old.keys()) {
    write(keyOf(userId, messageId), null);
  }
}

export function clearOutbox(userId: UserId): void {
  for (const key of keysOf(userId)) {
    write(key, null);
  }
}

function keyOf(userId: UserId, messageId: MessageId): string {
  return `${PREFIX}.${userId}.${messageId}`;
}

function keysOf(userId: UserId): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}.${userId}.`));
}

/** Null for a message that need not be kept: the server has it. */
function textOf({ conversationId, said, createdAt, queuedAt, delivery }: OutboxItem): string | null {
  if (delivery.state === "accepted") {
    return null;
  }
  const failure = delivery.state === "failed" ? delivery.reason : null;
  const stored: Stored = { conversationId, said, createdAt, queuedAt, failure };
  return JSON.stringify(stored);
}

function itemOf(key: string, value: string | null, now: number): OutboxItem | null {
  try {
    const { conversationId, said, createdAt, queuedAt, failure } = JSON.parse(value ?? "") as Stored;
    const messageId = key.slice(key.lastIndexOf(".") + 1) as MessageId;
    const delivery = failure === null ? { state: "waiting" as const, notBefore: now } : { state: "failed" as const, reason: failure };
    return { messageId, conversationId, said, createdAt, queuedAt, attempts: 0, delivery };
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, value);
    }
  } catch {
    // The browser's storage is full or forbidden: the message is sent all the same, only a reload would lose it.
  }
}
