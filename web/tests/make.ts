/** Values to test with. */
import type { ConversationState, State } from "../src/core/state";
import type { Change, Conversation, ConversationId, Entry, FileId, FileRef, Member, MessageId, Page, Poll, Role, Said, Summary, UserId } from "../src/core/types";

export const ME = "user-me" as UserId;
export const ANNA = "user-anna" as UserId;
export const BEN = "user-ben" as UserId;
export const ROOM = "room" as ConversationId;

export const id = (text: string) => text as MessageId;

const PLAIN = { title: "", topic: "", avatarFileId: null, isPublic: false, slowModeS: 0, messageTtlS: 0, memberPermissions: 0 };

export const direct: Conversation = { ...PLAIN, conversationId: ROOM, kind: "direct", creatorId: ANNA, memberIds: [ME, ANNA] };
export const group: Conversation = { ...PLAIN, conversationId: ROOM, kind: "group", title: "Walks", creatorId: ANNA, memberIds: [] };

export const photo: FileRef = { fileId: "file-1" as FileId, name: "Photo.jpg", mediaType: "image/jpeg", size: 123_456, width: 640, height: 480 };

export const POLL: Poll = { options: ["Tea", "Coffee", "Water"], isMultiple: false, closesAt: null };

export function message(seq: number, senderId: UserId = ANNA, text = `text ${seq}`, acceptedAt = seq * 1_000): Entry {
  return { conversationId: ROOM, seq, messageId: id(`m${seq}`), senderId, acceptedAt, content: { kind: "message", said: { text } } };
}

/** A message that says more than a text. */
export function saying(seq: number, said: Partial<Said>, senderId: UserId = ANNA): Entry {
  return { ...message(seq, senderId), content: { kind: "message", said: { text: `text ${seq}`, ...said } } };
}

/** Somebody who may what their role gives. */
export function member(userId: UserId, role: Role = "member", permissions = 3): Member {
  return { userId, role, permissions, joinedSeq: 1 };
}

/** What becomes of the message at `target`. */
export function changing(seq: number, change: Change, senderId: UserId = ANNA, target = 1): Entry {
  return { ...message(seq, senderId), content: { kind: "change", target, change } };
}

export function membership(seq: number, added: readonly UserId[], removed: readonly UserId[], senderId: UserId = ANNA): Entry {
  return { ...message(seq, senderId), content: { kind: "membership", added, removed, roles: new Map() } };
}

export function created(conversation: Conversation, memberIds: readonly UserId[]): Entry {
  return { ...message(1), content: { kind: "created", conversation, memberIds } };
}

export function summary(conversation: Conversation, last: Entry, readSeq: number, unread: number): Summary {
  return { conversation, headSeq: last.seq, readSeq, unread, lastEntry: last };
}

/** The one conversation that a state has. */
export function chatIn({ conversations }: Pick<State, "conversations">): ConversationState {
  const chat = conversations.get(ROOM);
  if (chat === undefined) {
    throw new Error("The room is not there.");
  }
  return chat;
}

/** What the server answers to "newer than `after`". */
export function newer(log: readonly Entry[], after: number, size: number): Page {
  const entries = log.filter(({ seq }) => seq > after);
  return { entries: entries.slice(0, size), headSeq: log.at(-1)?.seq ?? 0, hasMore: entries.length > size };
}

/** What the server answers to "older than `before`". */
export function older(log: readonly Entry[], before: number, size: number): Page {
  const entries = log.filter(({ seq }) => seq < before);
  return { entries: entries.slice(-size), headSeq: log.at(-1)?.seq ?? 0, hasMore: entries.length > size };
}
