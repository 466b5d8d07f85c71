/**
 * What becomes of messages by later entries. They count by their seq alone: of edits the newest; of pins the newest; of a user's reactions
 * with one emoji, and of a user's votes, the newest; and after a deletion nothing does. What the server has folded already is in the message's
 * state, up to its `asOfSeq`.
 */

import type { Change, Content, Entry, MessageState, Reaction, Said, UserId, Votes } from "./types";

export interface Shown extends Said, MessageState {
  /** Whether somebody has changed their mind of whom the server has not said what they did before: the numbers may be wrong by that. */
  readonly isVague: boolean;
}

type MessageContent = Extract<Content, { kind: "message" }>;

export const AS_SENT: MessageState = {
  asOfSeq: 0,
  isEdited: false,
  isDeleted: false,
  reactions: [],
  isPinned: false,
  votes: [],
  voterCount: 0,
  isClosed: false,
  replyCount: 0,
};

/** The entries that make something of a message, by its seq: those that change it, and those of its thread. */
export function changesByTarget(entries: readonly Entry[]): ReadonlyMap<number, readonly Entry[]> {
  const changes = new Map<number, Entry[]>();
  for (const entry of entries) {
    const target = targetOf(entry.content);
    const before = target === undefined ? undefined : changes.get(target);
    if (before !== undefined) {
      before.push(entry);
    } else if (target !== undefined) {
      changes.set(target, [entry]);
    }
  }
  return changes;
}

function targetOf(content: Content): number | undefined {
  return content.kind === "change" ? content.target : content.kind === "message" ? content.said.thread : undefined;
}

/** What a message is now, by changes of rising seq. */
export function folded({ said, state }: MessageContent, changes: readonly Entry[], me: UserId | null): Shown {
  let shown: Shown = { ...AS_SENT, ...state, ...said, isVague: false };
  for (const { seq, senderId, content } of changes) {
    if (seq > shown.asOfSeq) {
      const next = content.kind === "change" ? applied(shown, content.change, senderId, me) : { ...shown, replyCount: shown.replyCount + 1 };
      shown = { ...next, asOfSeq: seq };
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
      return { ...shown, text: change.text, ...(change.mentions === undefined ? {} : { mentions: change.mentions }), isEdited: true };
    case "deletion":
      return { ...AS_SENT, text: "", isDeleted: true, replyCount: shown.replyCount, isVague: false };
    case "reaction":
      return reacted(shown, change.emoji, by, change.isRemoved, me);
    case "vote":
      return voted(shown, change.options, by, me);
    case "pin":
      return { ...shown, isPinned: !change.isRemoved };
    case "closing":
      return { ...shown, isClosed: true };
  }
}

interface Crowd {
  readonly count: number;
  readonly isMine: boolean;
  readonly userIds: readonly UserId[];
}

const NOBODY: Crowd = { count: 0, isMine: false, userIds: [] };

/** Whether a user is in a crowd, as far as that can be told. */
function isIn(crowd: Crowd, by: UserId, me: UserId | null): boolean {
  return by === me ? crowd.isMine : crowd.userIds.includes(by);
}

/** Whether that can't be told: a user who is not named may be one of those who are only counted. */
function isHidden(crowd: Crowd, by: UserId, me: UserId | null): boolean {
  return by !== me && !crowd.userIds.includes(by) && crowd.count > crowd.userIds.length;
}

function withUser(crowd: Crowd, by: UserId, me: UserId | null): Crowd {
  return { count: crowd.count + 1, isMine: crowd.isMine || by === me, userIds: [...crowd.userIds, by] };
}

function withoutUser(crowd: Crowd, by: UserId, me: UserId | null): Crowd {
  return { count: crowd.count - 1, isMine: crowd.isMine && by !== me, userIds: crowd.userIds.filter((id) => id !== by) };
}

function reacted(shown: Shown, emoji: string, by: UserId, isRemoved: boolean, me: UserId | null): Shown {
  const before = shown.reactions.find((reaction) => reaction.emoji === emoji) ?? { emoji, ...NOBODY };
  const isVague = shown.isVague || isHidden(before, by, me);
  if (isIn(before, by, me) !== isRemoved) {
    return { ...shown, isVague }; // nothing new: who reacts already does so once more, or who does not takes it back
  }
  const after: Reaction = { emoji, ...(isRemoved ? withoutUser(before, by, me) : withUser(before, by, me)) };
  const others = before.count > 0 ? shown.reactions.map((reaction) => (reaction.emoji === emoji ? after : reaction)) : [...shown.reactions, after];
  return { ...shown, reactions: others.filter(({ count }) => count > 0), isVague };
}

function voted(shown: Shown, options: readonly number[], by: UserId, me: UserId | null): Shown {
  const isVague = shown.isVague || shown.votes.some((votes) => isHidden(votes, by, me));
  const hadVoted = shown.votes.some((votes) => isIn(votes, by, me));
  const rest = shown.votes.map((votes) => (isIn(votes, by, me) ? { ...votes, ...withoutUser(votes, by, me) } : votes));
  const chosen = options.map((option): Votes => ({ option, ...withUser(rest.find((votes) => votes.option === option) ?? NOBODY, by, me) }));
  const votes = [...rest.filter(({ option }) => !options.includes(option)), ...chosen].filter(({ count }) => count > 0).sort((a, b) => a.option - b.option);
  return { ...shown, votes, voterCount: shown.voterCount + Number(options.length > 0) - Number(hadVoted), isVague };
}

/** So many changes of one message are folded here at most: in a poll of thousands, all of them would take longer with each vote. */
export const MANY_CHANGES = 500;

/** The messages of which the server is to be asked how they are, by their seqs: that can't be told here, or takes too long. */
export function toRenew(entries: readonly Entry[], me: UserId | null): readonly number[] {
  const changes = changesByTarget(entries);
  return entries.flatMap(({ seq, content }) => {
    const later = changes.get(seq);
    if (content.kind !== "message" || later === undefined) {
      return [];
    }
    const newer = later.filter((change) => change.seq > (content.state?.asOfSeq ?? 0));
    return newer.length > MANY_CHANGES || folded(content, newer, me).isVague ? [seq] : [];
  });
}
