/** What is kept on the device of a message that is still to be sent. */

import { inOrder, merged, type Outbox, type OutboxItem, without } from "./outbox";
import { isSaid } from "./snapshot";
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

/** What other tabs have to be told of an outbox. That a message is said they hear by themselves. */
export interface OutboxNews {
  readonly kept: readonly KeptMessage[];
  /** Failed, and given up by the user. */
  readonly discarded: readonly MessageId[];
}

/** What has become of the outbox of this tab; null if it is nothing that others must know. */
export function outboxNews(before: Outbox, after: Outbox): OutboxNews | null {
  const failed = new Set(before.filter(({ delivery }) => delivery.state === "failed").map(({ messageId }) => messageId));
  const kept: KeptMessage[] = [];
  const discarded: MessageId[] = [];
  for (const [messageId, message] of keptChanges(before, after)) {
    if (message !== null) {
      kept.push(message);
    } else if (failed.has(messageId)) {
      discarded.push(messageId);
    }
  }
  return kept.length + discarded.length > 0 ? { kept, discarded } : null;
}

/** Takes over what another tab has told, unless more is known here. */
export function withNews(outbox: Outbox, { kept, discarded }: OutboxNews, now: number): Outbox {
  const rest = discarded.filter((id) => find(outbox, id)?.delivery.state === "failed").reduce(without, outbox);
  return kept.filter((message) => isNewer(message, find(rest, message.messageId))).reduce((all, message) => merged(all, itemFrom(message, now)), rest);
}

/** A try of the user is newer than what failed before it, and a failure than the try: places never go back. */
function isNewer(told: KeptMessage, known: OutboxItem | undefined): boolean {
  const here = known === undefined ? null : keptMessage(known);
  if (known === undefined || here === null) {
    return known === undefined;
  }
  return told.queuedAt > here.queuedAt || (told.queuedAt === here.queuedAt && told.failure !== null && here.failure === null);
}

function find(outbox: Outbox, messageId: MessageId): OutboxItem | undefined {
  return outbox.find((item) => item.messageId === messageId);
}

function isKept(value: unknown): value is KeptMessage {
  const { messageId, conversationId, said, createdAt, queuedAt, failure } = (value ?? {}) as Partial<Record<keyof KeptMessage, unknown>>;
  return (
    [messageId, conversationId].every((id) => typeof id === "string") &&
    [createdAt, queuedAt].every((at) => typeof at === "number") &&
    (failure === null || typeof failure === "string") &&
    isSaid(said)
  );
}
