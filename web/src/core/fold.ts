/**
 * What becomes of messages by later entries. They count by their seq alone: of edits the newest; of a user's reactions with one emoji the
 * newest; and after a deletion nothing does. What the server has folded already is in the message's state, up to its `asOfSeq`.
 */

import type { Change, Content, Entry, FileRef, MessageState, Reaction, UserId } from "./types";

export interface Shown extends MessageState {
  readonly text: string;
  readonly files?: readonly FileRef[];
}

type MessageContent = Extract<Content, { kind: "message" }>;

const AS_SENT: MessageState = { asOfSeq: 0, isEdited: false, isDeleted: false, reactions: [] };

/** The entries that change a message, by its seq. */
export function changesByTarget(entries: readonly Entry[]): ReadonlyMap<number, readonly Entry[]> {
  const changes = new Map<number, Entry[]>();
  for (const entry of entries) {
    if (entry.content.kind === "change") {
      changes.set(entry.content.target, [...(changes.get(entry.content.target) ?? []), entry]);
    }
  }
  return changes;
}

/** What a message is now, by changes of rising seq. */
export function folded({ text, files, state }: MessageContent, changes: readonly Entry[], me: UserId | null): Shown {
  let shown: Shown = { ...AS_SENT, ...state, text, ...(files === undefined ? {} : { files }) };
  for (const { seq, senderId, content } of changes) {
    if (content.kind === "change" && seq > shown.asOfSeq) {
      shown = { ...applied(shown, content.change, senderId, me), asOfSeq: seq };
    }
  }
  return shown;
}

function applied(shown: Shown, change: Change, by: UserId, me: UserId | null): Shown {
  if (shown.isDeleted) {
    return shown;
  }
  switch (change.type) {
    case "edit":
      return { ...shown, text: change.text, isEdited: true };
    case "deletion":
      return { asOfSeq: shown.asOfSeq, text: "", isEdited: false, isDeleted: true, reactions: [] };
    case "reaction":
      return { ...shown, reactions: reacted(shown.reactions, change.emoji, by, change.isRemoved, me) };
  }
}

function reacted(reactions: readonly Reaction[], emoji: string, by: UserId, isRemoved: boolean, me: UserId | null): readonly Reaction[] {
  const before = reactions.find((reaction) => reaction.emoji === emoji) ?? { emoji, count: 0, isMine: false, userIds: [] };
  const isNamed = before.userIds.includes(by);
  const wasThere = by === me ? before.isMine : isNamed || (isRemoved && before.count > before.userIds.length);
  if (wasThere !== isRemoved) {
    return reactions; // nothing new: who reacts already does so once more, or who does not takes it back
  }
  const after: Reaction = {
    emoji,
    count: before.count + (isRemoved ? -1 : 1),
    isMine: by === me ? !isRemoved : before.isMine,
    userIds: isRemoved ? before.userIds.filter((id) => id !== by) : [...before.userIds, by],
  };
  const isKnown = before.count > 0;
  return (isKnown ? reactions.map((reaction) => (reaction.emoji === emoji ? after : reaction)) : [...reactions, after]).filter(({ count }) => count > 0);
}
