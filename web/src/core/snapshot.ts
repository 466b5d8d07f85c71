/**
 * What is kept on the device of a user's conversations, to be shown at once at the next start, with or without a network.
 *
 * A snapshot is a part of the state without holes, so that a client that takes it up goes on from its cursor as after any other pause. Words
 * that nobody is to be shown any more are not in it: of what has expired, was deleted, or is hidden. One of another format is as good as none.
 * What is not what it should be is left out, each thing for itself: the rest is taken up, and the server has what is missing.
 */

import { AS_SENT } from "./fold";
import type { Log } from "./log";
import { NOTHING_KEPT, type Kept } from "./mine";
import { namedUsers } from "./select";
import { type ConversationState, passed, type State } from "./state";
import type { Conversation, ConversationId, Entry, FileRef, Member, Preferences, Role, Said, User, UserId, Watermark } from "./types";

/** Rises with every change of what is below, or of a type that it is made of: what is older is thrown away, since the server has it. */
export const FORMAT = 2;
/** Entries of one conversation that are kept: the newest. */
export const MAX_ENTRIES = 100;

/** Of one conversation. */
export interface ChatSnapshot {
  readonly format: number;
  readonly conversation: Conversation;
  readonly log: Omit<Log, "ahead">;
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions: number;
  readonly countedSeq: number;
  readonly watermarks: ReadonlyMap<UserId, Watermark>;
  readonly members: readonly UserId[] | null;
  readonly roles: ReadonlyMap<UserId, Role>;
  readonly me: Member | null;
  readonly kept: Kept;
  readonly hidden: ReadonlySet<number>;
  readonly draft: string;
}

/** Of what belongs to no conversation. */
export interface CommonSnapshot {
  readonly format: number;
  readonly users: readonly User[];
  readonly preferences: Preferences | null;
}

/** What a client begins with. */
export type Saved = Pick<State, "conversations" | "users" | "preferences" | "drafts">;

export const NOTHING_SAVED: Saved = { conversations: new Map(), users: new Map(), preferences: null, drafts: new Map() };

/** Takes a snapshot of a conversation of `userId`, at a time in Unix milliseconds. */
export function chatSnapshot(chat: ConversationState, userId: UserId | null, draft: string, now: number): ChatSnapshot {
  const { log, conversation, readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden } = passed(chat, now, userId);
  return { format: FORMAT, conversation, log: newestOf(log, hidden), readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden, draft };
}

/** Takes a snapshot of whom the screen names, and of how the user is seen. */
export function commonSnapshot(state: State): CommonSnapshot {
  const named = namedUsers(state);
  return { format: FORMAT, users: [...state.users.values()].filter(({ userId }) => named.has(userId)), preferences: state.preferences };
}

/** What snapshots say that were kept, whatever is in them. */
export function restored(chats: readonly unknown[], common: unknown): Saved {
  const rows = chats.filter(isOfThisFormat);
  const { users, preferences } = isOfThisFormat(common) ? common : {};
  return {
    conversations: new Map(rows.flatMap(chatsFrom).map((chat) => [chat.conversation.conversationId, chat])),
    users: new Map(listOf(users, isUser).map((user) => [user.userId, user])),
    preferences: isPreferences(preferences) ? preferences : null,
    // They are the user's own words, and stay although the conversation has to be asked for again.
    drafts: new Map(rows.flatMap(draftsFrom)),
  };
}

/** The conversation of a snapshot; none if it can't be told which it is, or how far it goes. */
function chatsFrom(row: Row): readonly ConversationState[] {
  const { conversation, readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden } = row;
  if (!isConversation(conversation) || !isKept(kept) || !isCount(readSeq) || !isCount(unread) || !isCount(mentions) || !isCount(countedSeq)) {
    return [];
  }
  const log = logFrom(row["log"], conversation.conversationId);
  const told = {
    conversation,
    readSeq,
    unread,
    mentions,
    countedSeq,
    watermarks: mapOf(watermarks, isWatermark),
    members: isList(members, isUserId) ? members : null,
    roles: mapOf(roles, isRole),
    me: isMember(me) ? me : null,
    kept,
    hidden: new Set(hidden instanceof Set ? [...hidden].filter(isCount) : []),
  };
  return log === null ? [] : [{ ...told, log, older: "idle", streams: [] }];
}

function draftsFrom({ conversation, draft }: Row): readonly (readonly [ConversationId, string])[] {
  const id = isRecord(conversation) ? conversation["conversationId"] : null;
  return isText(id) && isText(draft) && draft !== "" ? [[id as ConversationId, draft]] : [];
}

/** A log has no hole: before what is not an entry nothing counts. Null if it is not one, or if its newest entry is none. */
function logFrom(value: unknown, conversationId: ConversationId): Log | null {
  if (!isRecord(value) || !Array.isArray(value["entries"])) {
    return null;
  }
  const { first, tail, complete } = value;
  const kept: readonly unknown[] = value["entries"];
  const isOfThis = (entry: unknown): entry is Entry => isEntry(entry) && entry.conversationId === conversationId;
  const bad = kept.findLastIndex((entry) => !isOfThis(entry));
  const entries = kept.slice(bad + 1).filter(isOfThis);
  const begin = bad < 0 ? first : entries[0]?.seq;
  if (!isCount(begin) || !isCount(tail) || typeof complete !== "boolean") {
    return null;
  }
  const isInOrder = entries.every(({ seq }, index) => seq >= begin && seq <= tail && seq > (entries[index - 1]?.seq ?? 0));
  return isInOrder ? { entries, first: begin, tail, complete: complete && bad < 0, ahead: [] } : null;
}

function newestOf(log: Log, hidden: ReadonlySet<number>): Omit<Log, "ahead"> {
  const entries = withoutForgotten(log.entries, hidden).slice(-MAX_ENTRIES);
  const isWhole = entries.length === log.entries.length;
  return { entries, first: isWhole ? log.first : (entries[0]?.seq ?? log.first), tail: log.tail, complete: isWhole && log.complete };
}

/** The entries without the words of what is deleted or hidden. Their places stay, and what was made of them. */
function withoutForgotten(entries: readonly Entry[], hidden: ReadonlySet<number>): readonly Entry[] {
  const deleted = new Set(entries.flatMap(({ content }) => (content.kind === "change" && content.change.type === "deletion" ? [content.target] : [])));
  return entries.map((entry) => {
    const { content } = entry;
    if (content.kind === "message") {
      const isHidden = hidden.has(entry.seq) || content.state?.isHidden === true;
      const isGone = isHidden || deleted.has(entry.seq) || content.state?.isDeleted === true;
      return isGone ? { ...entry, content: { kind: "message", said: wordless(content.said), state: { ...AS_SENT, ...content.state, ...(isHidden ? { isHidden } : {}) } } } : entry;
    }
    const isOfForgotten = content.kind === "change" && content.change.type === "edit" && (deleted.has(content.target) || hidden.has(content.target));
    return isOfForgotten ? { ...entry, content: { kind: "unknown" } } : entry;
  });
}

/** A message counts in its thread also when it says nothing any more. */
function wordless({ thread }: { readonly thread?: number }) {
  return { text: "", ...(thread === undefined ? {} : { thread }) };
}

type Row = Readonly<Record<string, unknown>>;

function isOfThisFormat(value: unknown): value is Row {
  return isRecord(value) && value["format"] === FORMAT;
}

function isUser(value: unknown): value is User {
  return isRecord(value) && isText(value["userId"]) && isText(value["username"]) && (value["displayName"] === null || isText(value["displayName"]));
}

function isPreferences(value: unknown): value is Preferences {
  return isRecord(value) && isRecord(value["status"]) && isRecord(value["privacy"]) && isList(value["blocks"], isBlock);
}

function isBlock(value: unknown): value is Preferences["blocks"][number] {
  return isRecord(value) && isText(value["userId"]) && isCount(value["at"]);
}

function isKept(value: unknown): value is Kept {
  const mine = isRecord(value) && isRecord(value["seqs"]) ? value["mine"] : null;
  return isRecord(mine) && Object.keys(NOTHING_KEPT.mine).every((name) => name in mine);
}

function isWatermark(value: unknown): value is Watermark {
  return isRecord(value) && isCount(value["readSeq"]) && isCount(value["deliveredSeq"]);
}

function isMember(value: unknown): value is Member {
  return isRecord(value) && isRole(value["role"]) && isCount(value["permissions"]);
}

function isConversation(value: unknown): value is Conversation {
  return (
    isRecord(value) &&
    isText(value["conversationId"]) &&
    ["direct", "group", "channel", "notes"].includes(String(value["kind"])) &&
    isText(value["title"]) &&
    isText(value["topic"]) &&
    isCount(value["memberPermissions"]) &&
    isList(value["memberIds"], isText)
  );
}

const CONTENTS: Readonly<Record<Entry["content"]["kind"], (content: Readonly<Record<string, unknown>>) => boolean>> = {
  message: ({ said, state }) =>
    isSaid(said) &&
    (state === undefined || (isRecord(state) && isCount(state["asOfSeq"]) && isList(state["reactions"], isCrowd) && isList(state["votes"], isCrowd))),
  change: ({ target, change }) =>
    isCount(target) &&
    isRecord(change) &&
    (change["type"] === "edit" ? isText(change["text"]) : change["type"] === "vote" ? isList(change["options"], isCount) : isText(change["type"])),
  created: ({ conversation, memberIds }) => isConversation(conversation) && isList(memberIds, isText),
  membership: ({ added, removed, roles }) => isList(added, isText) && isList(removed, isText) && roles instanceof Map && mapOf(roles, isRole).size === roles.size,
  settings: ({ changed }) => isRecord(changed),
  personal: ({ personal }) => isRecord(personal) && isText(personal["type"]),
  unknown: () => true,
};

/** Whether something is what a message says. */
export function isSaid(value: unknown): value is Said {
  if (!isRecord(value) || !isText(value["text"])) {
    return false;
  }
  const { files, replyTo, thread, mentions, poll, forwarded } = value;
  return (
    (files === undefined || isList(files, isFile)) &&
    [replyTo, thread].every((seq) => seq === undefined || isCount(seq)) &&
    (mentions === undefined || isList(mentions, isText)) &&
    (poll === undefined || (isRecord(poll) && isList(poll["options"], isText) && (poll["closesAt"] === null || isCount(poll["closesAt"])))) &&
    (forwarded === undefined || (isRecord(forwarded) && isText(forwarded["senderId"]) && isCount(forwarded["at"])))
  );
}

function isFile(value: unknown): value is FileRef {
  return isRecord(value) && ["fileId", "name", "mediaType"].every((name) => isText(value[name])) && ["size", "width", "height"].every((name) => isCount(value[name]));
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || !isCount(value["seq"]) || !isText(value["messageId"]) || !isText(value["senderId"]) || !isCount(value["acceptedAt"])) {
    return false;
  }
  const { content } = value;
  return isRecord(content) && Object.hasOwn(CONTENTS, String(content["kind"])) && CONTENTS[content["kind"] as Entry["content"]["kind"]](content);
}

function isCrowd(value: unknown): value is Row {
  return isRecord(value) && isCount(value["count"]) && isList(value["userIds"], isText);
}

function isRecord(value: unknown): value is Row {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isUserId(value: unknown): value is UserId {
  return isText(value);
}

function isRole(value: unknown): value is Role {
  return isText(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

/** Those of a list that are what they should be. */
function listOf<T>(value: unknown, isItem: (item: unknown) => item is T): readonly T[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

/** What of a map by user is what it should be. */
function mapOf<T>(value: unknown, isItem: (item: unknown) => item is T): ReadonlyMap<UserId, T> {
  const found = new Map<UserId, T>();
  for (const [key, item] of value instanceof Map ? (value as ReadonlyMap<unknown, unknown>) : []) {
    if (isUserId(key) && isItem(item)) {
      found.set(key, item);
    }
  }
  return found;
}
