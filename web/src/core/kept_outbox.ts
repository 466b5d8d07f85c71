/** What is kept on the device of a message that is still to be sent. */

import { inOrder, type Outbox, type OutboxItem } from "./outbox";
import type { ConversationId, MessageId, Said } from "./types";

export interface KeptMessage {
  readonly messageId: MessageId;
  readonly conversationId: ConversationId;
  readonly said: Said;
  readonly createdAt: number;
  readonly queuedAt: number;
  /** Why it failed; null if it did not. */
  readonly failure: string | null;
}

/** Null for a message that need not be kept: the server has it. */
export function keptMessage({ messageId, conversationId, said, createdAt, queuedAt, delivery }: OutboxItem): KeptMessage | null {
  return delivery.state === "accepted"
    ? null
    : { messageId, conversationId, said, createdAt, queuedAt, failure: delivery.state === "failed" ? delivery.reason : null };
}

/** What must be kept in another way, or no more, since `before`. A mere try changes nothing. */
export function keptChanges(before: Outbox, after: Outbox): ReadonlyMap<MessageId, KeptMessage | null> {
  const old = new Map(before.map((item) => [item.messageId, item]));
  const changes = new Map<MessageId, KeptMessage | null>();
  for (const item of after) {
    const known = old.get(item.messageId);
    const kept = keptMessage(item);
    const was = known === undefined ? undefined : keptMessage(known);
    if (was === undefined || was?.failure !== kept?.failure || was?.queuedAt !== kept?.queuedAt) {
      changes.set(item.messageId, kept);
    }
    old.delete(item.messageId);
  }
  for (const messageId of old.keys()) {
    changes.set(messageId, null);
  }
  return changes;
}

/** What a user left behind, in the order of sending. What can't be read is left out. */
export function outboxFrom(values: readonly unknown[], now: number): Outbox {
  return inOrder(values.filter(isKept).map((kept) => itemFrom(kept, now)));
}

/** A message as another tab keeps it. */
export function itemFrom({ failure, ...message }: KeptMessage, now: number): OutboxItem {
  const delivery = failure === null ? ({ state: "waiting", notBefore: now } as const) : ({ state: "failed", reason: failure } as const);
  return { ...message, attempts: 0, delivery };
}

function isKept(value: unknown): value is KeptMessage {
  const { messageId, conversationId, said, createdAt, queuedAt, failure } = (value ?? {}) as Partial<Record<keyof KeptMessage, unknown>>;
  return (
    [messageId, conversationId].every((id) => typeof id === "string") &&
    [createdAt, queuedAt].every((at) => typeof at === "number") &&
    (failure === null || typeof failure === "string") &&
    typeof (said as Partial<Said> | undefined)?.text === "string"
  );
}
