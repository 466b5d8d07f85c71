/**
 * What is kept on the device of a user's conversations, to be shown at once at the next start, with or without a network.
 *
 * A snapshot is a part of the state without holes, so that a client that takes it up goes on from its cursor as after any other pause. Words
 * that nobody is to be shown any more are not in it: of what has expired, was deleted, or is hidden. One of another format, or that is not
 * what it should be, is as good as none.
 */

import { AS_SENT } from "./fold";
import type { Log } from "./log";
import { NOTHING_KEPT, type Kept } from "./mine";
import { namedUsers } from "./select";
import { type ConversationState, passed, type State } from "./state";
import type { Conversation, ConversationId, Entry, Member, Preferences, Role, User, UserId, Watermark } from "./types";

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
  const found = chats.filter(isChatSnapshot);
  const others = isCommonSnapshot(common) ? common : null;
  return {
    conversations: new Map(found.map((chat) => [chat.conversation.conversationId, chatFrom(chat)])),
    users: new Map(others?.users.map((user) => [user.userId, user])),
    preferences: others?.preferences ?? null,
    drafts: new Map(found.filter(({ draft }) => draft !== "").map(({ conversation, draft }) => [conversation.conversationId, draft])),
  };
}

function chatFrom({ conversation, log, readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden }: ChatSnapshot): ConversationState {
  const told = { conversation, readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden };
  return { ...told, log: { ...log, ahead: [] }, older: "idle", streams: [] };
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

function isChatSnapshot(value: unknown): value is ChatSnapshot {
  if (!isRecord(value) || value["format"] !== FORMAT || !isConversation(value["conversation"]) || !isLog(value["log"], value["conversation"].conversationId)) {
    return false;
  }
  const { readSeq, unread, mentions, countedSeq, watermarks, members, roles, me, kept, hidden, draft } = value;
  return (
    [readSeq, unread, mentions, countedSeq].every(isCount) &&
    isMap(watermarks, (one) => isRecord(one) && isCount(one["readSeq"]) && isCount(one["deliveredSeq"])) &&
    (members === null || isList(members, isText)) &&
    isMap(roles, isText) &&
    (me === null || (isRecord(me) && isText(me["role"]) && isCount(me["permissions"]))) &&
    isRecord(kept) &&
    isRecord(kept["seqs"]) &&
    isRecord(kept["mine"]) &&
    Object.keys(NOTHING_KEPT.mine).every((name) => name in (kept["mine"] as object)) &&
    hidden instanceof Set &&
    [...hidden].every(isCount) &&
    isText(draft)
  );
}

function isCommonSnapshot(value: unknown): value is CommonSnapshot {
  return (
    isRecord(value) &&
    value["format"] === FORMAT &&
    isList(value["users"], (user) => isRecord(user) && isText(user["userId"]) && isText(user["username"]) && isText(user["displayName"])) &&
    (value["preferences"] === null || (isRecord(value["preferences"]) && isRecord(value["preferences"]["status"]) && isRecord(value["preferences"]["privacy"]) && isList(value["preferences"]["blocks"], isRecord)))
  );
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

function isLog(value: unknown, conversationId: ConversationId): boolean {
  if (!isRecord(value) || !isCount(value["first"]) || !isCount(value["tail"]) || typeof value["complete"] !== "boolean") {
    return false;
  }
  const { entries, first, tail } = value as { entries: unknown; first: number; tail: number };
  if (!isList(entries, (entry) => isEntry(entry) && entry.conversationId === conversationId)) {
    return false;
  }
  const seqs = (entries as readonly Entry[]).map(({ seq }) => seq);
  return seqs.every((seq, index) => seq >= first && seq <= tail && seq > (seqs[index - 1] ?? 0));
}

const CONTENTS: Readonly<Record<Entry["content"]["kind"], (content: Readonly<Record<string, unknown>>) => boolean>> = {
  message: ({ said, state }) =>
    isRecord(said) &&
    isText(said["text"]) &&
    (said["files"] === undefined || isList(said["files"], isRecord)) &&
    (said["poll"] === undefined || (isRecord(said["poll"]) && isList(said["poll"]["options"], isText))) &&
    (state === undefined || (isRecord(state) && isCount(state["asOfSeq"]) && isList(state["reactions"], isCrowd) && isList(state["votes"], isCrowd))),
  change: ({ target, change }) =>
    isCount(target) &&
    isRecord(change) &&
    (change["type"] === "edit" ? isText(change["text"]) : change["type"] === "vote" ? isList(change["options"], isCount) : isText(change["type"])),
  created: ({ conversation, memberIds }) => isConversation(conversation) && isList(memberIds, isText),
  membership: ({ added, removed, roles }) => isList(added, isText) && isList(removed, isText) && isMap(roles, isText),
  settings: ({ changed }) => isRecord(changed),
  personal: ({ personal }) => isRecord(personal) && isText(personal["type"]),
  unknown: () => true,
};

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || !isCount(value["seq"]) || !isText(value["messageId"]) || !isText(value["senderId"]) || !isCount(value["acceptedAt"])) {
    return false;
  }
  const { content } = value;
  return isRecord(content) && Object.hasOwn(CONTENTS, String(content["kind"])) && CONTENTS[content["kind"] as Entry["content"]["kind"]](content);
}

function isCrowd(value: unknown): boolean {
  return isRecord(value) && isCount(value["count"]) && isList(value["userIds"], isText);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isMap(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return value instanceof Map && [...(value as ReadonlyMap<unknown, unknown>)].every(([key, item]) => isText(key) && isItem(item));
}
