/**
 * What the user has sent and the log does not show yet.
 *
 * In each conversation the messages leave one at a time, in the order in which they were written, and every try of a message carries the
 * same id: the server makes one entry of it however often it comes. A message that the server refuses for good stays, marked as failed,
 * until the user tries again or discards it, and lets the next one pass.
 */

import { backoffMs, type BackoffRule } from "./backoff";
import type { ConversationId, MessageId, Said } from "./types";

export type Delivery =
  /** To be sent, not before `notBefore`. */
  | { readonly state: "waiting"; readonly notBefore: number }
  /** Sent on the open connection; taken for lost if no answer comes until `deadline`. */
  | { readonly state: "in_flight"; readonly deadline: number }
  /** Durable on the server; here until its entry arrives. */
  | { readonly state: "accepted" }
  /** Not to be sent again unless the user says so. */
  | { readonly state: "failed"; readonly reason: string };

export interface OutboxItem {
  readonly messageId: MessageId;
  readonly conversationId: ConversationId;
  readonly said: Said;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Its place: what was queued earlier leaves earlier. The time of writing, or of the user's trying again. */
  readonly queuedAt: number;
  readonly attempts: number;
  readonly delivery: Delivery;
}

/** In the order of sending. */
export type Outbox = readonly OutboxItem[];

export interface Refusal {
  readonly reason: string;
  readonly retryable: boolean;
  /** Milliseconds, if the server has an opinion. */
  readonly retryAfterMs: number | null;
}

export const ANSWER_DEADLINE_MS = 15_000;
/** Tries of a message that the server fails on by itself. One that it can't take now is tried for as long as that lasts. */
export const MAX_ATTEMPTS = 6;
const BACKOFF: BackoffRule = { baseMs: 1_000, capMs: 10_000 };

/** Puts a new message at the end. */
export function enqueued(outbox: Outbox, messageId: MessageId, conversationId: ConversationId, said: Said, now: number): Outbox {
  const delivery: Delivery = { state: "waiting", notBefore: now };
  return [...outbox, { messageId, conversationId, said, createdAt: now, queuedAt: endOf(outbox, now), attempts: 0, delivery }];
}

/** Takes over a message as another tab has it now: at its place, and in the place of what is here of it. */
export function merged(outbox: Outbox, item: OutboxItem): Outbox {
  return inOrder([...without(outbox, item.messageId), item]);
}

/** Messages in the order of sending, however they were kept. */
export function inOrder(items: readonly OutboxItem[]): Outbox {
  return items.toSorted((a, b) => a.queuedAt - b.queuedAt || (a.messageId < b.messageId ? -1 : 1));
}

/** A time that is not before that of what is there, whatever the clock says. */
function endOf(outbox: Outbox, now: number): number {
  return Math.max(now, outbox.at(-1)?.queuedAt ?? 0);
}

/** The messages that may leave now: of each conversation the oldest that is still to be sent, if nothing of it is under way. */
export function ready(outbox: Outbox, now: number): readonly OutboxItem[] {
  return heads(outbox).filter((item) => item.delivery.state === "waiting" && item.delivery.notBefore <= now);
}

/** When something becomes due by time alone, in Unix milliseconds; null if nothing will. */
export function dueAt(outbox: Outbox): number | null {
  const times = heads(outbox).map((item) => (item.delivery.state === "waiting" ? item.delivery.notBefore : deadlineOf(item)));
  return times.length > 0 ? Math.min(...times) : null;
}

/** The message was handed to the connection. */
export function started(outbox: Outbox, messageId: MessageId, now: number): Outbox {
  return changed(outbox, messageId, (item) => ({
    ...item,
    attempts: item.attempts + 1,
    delivery: { state: "in_flight", deadline: now + ANSWER_DEADLINE_MS },
  }));
}

/** The server has it, for good. */
export function accepted(outbox: Outbox, messageId: MessageId): Outbox {
  return changed(outbox, messageId, (item) => ({ ...item, delivery: { state: "accepted" } }));
}

/** The server refused it. */
export function refused(outbox: Outbox, messageId: MessageId, refusal: Refusal, now: number, random: number): Outbox {
  return changed(outbox, messageId, (item) => {
    if (item.delivery.state !== "in_flight") {
      return item;
    }
    if (!refusal.retryable || (refusal.reason === "INTERNAL" && item.attempts >= MAX_ATTEMPTS)) {
      return { ...item, delivery: { state: "failed", reason: refusal.reason } };
    }
    const wait = refusal.retryAfterMs ?? backoffMs(BACKOFF, item.attempts, random);
    return { ...item, delivery: { state: "waiting", notBefore: now + wait } };
  });
}

/** No answer came in time: it is sent again, and the id keeps it from being said twice. */
export function expired(outbox: Outbox, now: number): Outbox {
  return outbox.some((item) => item.delivery.state === "in_flight" && item.delivery.deadline <= now)
    ? outbox.map((item) => (item.delivery.state === "in_flight" && item.delivery.deadline <= now ? waiting(item, now) : item))
    : outbox;
}

/** The connection is gone: what was under way is sent again on the next one, as if for the first time. */
export function interrupted(outbox: Outbox, now: number): Outbox {
  return outbox.some((item) => item.delivery.state === "in_flight")
    ? outbox.map((item) => (item.delivery.state === "in_flight" ? { ...waiting(item, now), attempts: 0 } : item))
    : outbox;
}

/** The user wants a failed message to be tried again: behind what was written since. */
export function retried(outbox: Outbox, messageId: MessageId, now: number): Outbox {
  const item = outbox.find((other) => other.messageId === messageId);
  if (item?.delivery.state !== "failed") {
    return outbox;
  }
  const rest = without(outbox, messageId);
  // Later than the rest, since it is older by its id.
  return [...rest, { ...waiting(item, now), queuedAt: rest.length > 0 ? endOf(rest, now) + 1 : now, attempts: 0 }];
}

/** The entry is in the log, or the user has discarded the message. */
export function without(outbox: Outbox, messageId: MessageId): Outbox {
  return outbox.some((item) => item.messageId === messageId) ? outbox.filter((item) => item.messageId !== messageId) : outbox;
}

function heads(outbox: Outbox): readonly OutboxItem[] {
  const first = new Map<ConversationId, OutboxItem>();
  for (const item of outbox) {
    const pending = item.delivery.state === "waiting" || item.delivery.state === "in_flight";
    if (pending && !first.has(item.conversationId)) {
      first.set(item.conversationId, item);
    }
  }
  return [...first.values()];
}

function deadlineOf(item: OutboxItem): number {
  return item.delivery.state === "in_flight" ? item.delivery.deadline : Infinity;
}

function waiting(item: OutboxItem, now: number): OutboxItem {
  return { ...item, delivery: { state: "waiting", notBefore: now } };
}

function changed(outbox: Outbox, messageId: MessageId, change: (item: OutboxItem) => OutboxItem): Outbox {
  return outbox.map((item) => (item.messageId === messageId ? change(item) : item));
}
