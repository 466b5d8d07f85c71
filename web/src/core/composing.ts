/** What the user is doing where they write: something new, an answer to a message, or other words for one of their own. */

import { changesByTarget, folded, type Shown } from "./fold";
import type { ConversationState, State } from "./state";
import type { ConversationId, Entry, UserId } from "./types";

/** Where one writes: a conversation, or one of its threads. */
export interface Place {
  readonly conversationId: ConversationId;
  /** The seq of the message that started the thread; null for the conversation itself. */
  readonly thread: number | null;
}

export type Composing =
  | { readonly mode: "new" }
  /** `target` is the seq of the message that is answered. */
  | { readonly mode: "reply"; readonly target: number }
  /** `target` is the seq of what is to be said otherwise, and `text` the words for it so far. The draft waits meanwhile. */
  | { readonly mode: "edit"; readonly target: number; readonly text: string };

/** By `placeKey`. What is new is not in it. */
export type Composed = ReadonlyMap<string, Exclude<Composing, { readonly mode: "new" }>>;

export const NEW: Composing = { mode: "new" };

export function placeKey({ conversationId, thread }: Place): string {
  return `${conversationId}/${thread ?? 0}`;
}

export function composingAt(composed: Composed, place: Place): Composing {
  return composed.get(placeKey(place)) ?? NEW;
}

/** What is written at a place, and not sent. */
export function textAt({ composing, drafts, threadDrafts }: Pick<State, "composing" | "drafts" | "threadDrafts">, place: Place): string {
  const now = composingAt(composing, place);
  if (now.mode === "edit") {
    return now.text;
  }
  return (place.thread === null ? drafts.get(place.conversationId) : threadDrafts.get(placeKey(place))) ?? "";
}

/** Begins something, or goes back to what is new. */
export function begun(composed: Composed, place: Place, composing: Composing): Composed {
  const next = new Map(composed);
  if (composing.mode === "new") {
    next.delete(placeKey(place));
  } else {
    next.set(placeKey(place), composing);
  }
  return next;
}

/** Ends what was about messages that are deleted now: nobody can answer them, nor say them otherwise. */
export function withoutDeleted(composed: Composed, conversationId: ConversationId, news: readonly Entry[]): Composed {
  const deleted = new Set(news.flatMap(({ content }) => (content.kind === "change" && content.change.type === "deletion" ? [content.target] : [])));
  return filtered(composed, (key, { target }) => !isIn(key, conversationId) || !deleted.has(target));
}

/** Without what belongs to a conversation that the user is in no more. */
export function withoutPlaces<T>(byPlace: ReadonlyMap<string, T>, conversationId: ConversationId): ReadonlyMap<string, T> {
  return filtered(byPlace, (key) => !isIn(key, conversationId));
}

function isIn(key: string, conversationId: ConversationId): boolean {
  return key.startsWith(`${conversationId}/`);
}

function filtered<T>(map: ReadonlyMap<string, T>, keeps: (key: string, value: T) => boolean): ReadonlyMap<string, T> {
  const rest = [...map].filter(([key, value]) => keeps(key, value));
  return rest.length === map.size ? map : new Map(rest);
}

/** A message as it is now; null if it is not loaded, or is none. */
export function messageAt({ log: { entries } }: Pick<ConversationState, "log">, seq: number, me: UserId | null): { readonly senderId: UserId; readonly shown: Shown } | null {
  const entry = entries.find((one) => one.seq === seq);
  if (entry?.content.kind !== "message") {
    return null;
  }
  return { senderId: entry.senderId, shown: folded(entry.content, changesByTarget(entries).get(seq) ?? [], me) };
}

/** The user's newest message at a place that can be said otherwise, with its text; null if there is none. */
export function lastOwn({ log: { entries }, hidden }: Pick<ConversationState, "log" | "hidden">, thread: number | null, me: UserId | null): { readonly seq: number; readonly text: string } | null {
  const changes = changesByTarget(entries);
  for (const { seq, senderId, content } of entries.toReversed()) {
    if (content.kind === "message" && senderId === me && !hidden.has(seq) && (content.said.thread ?? null) === thread) {
      const shown = folded(content, changes.get(seq) ?? [], me);
      if (canEdit(shown)) {
        return { seq, text: shown.text };
      }
    }
  }
  return null;
}

/** Whether its sender can say it otherwise: what somebody else has said first stays as they said it, and so do questions that are voted on. */
export function canEdit({ isDeleted, isHidden, forwarded, poll }: Shown): boolean {
  return !isDeleted && isHidden !== true && forwarded === undefined && poll === undefined;
}
