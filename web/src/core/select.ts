/** What the state means on the screen. */

import { changesByTarget, folded } from "./fold";
import type { OutboxItem } from "./outbox";
import { may, type Permission } from "./permissions";
import { type ConversationState, myId, type State } from "./state";
import type { Conversation, ConversationId, Entry, FileId, Preferences, UserId } from "./types";
import type { Words } from "./words";

/** How many of the newest messages a screen shows about. */
const SHOWN = 50;

/** The other member of a direct conversation; null for a group. */
export function peerOf(conversation: Conversation, me: UserId | null): UserId | null {
  return conversation.kind === "direct" ? (conversation.memberIds.find((id) => id !== me) ?? conversation.memberIds[0] ?? null) : null;
}

/** The name to show for a user, also while it is being fetched. */
export function nameOf(state: Pick<State, "users">, userId: UserId, { t }: Words): string {
  const user = state.users.get(userId);
  return user === undefined ? "…" : (user.displayName ?? t("common.deletedUser"));
}

export function titleOf(state: Pick<State, "users" | "session">, conversation: Conversation, words: Words): string {
  if (conversation.kind === "notes") {
    return words.t("conversations.notes");
  }
  const peer = peerOf(conversation, myId(state));
  return peer === null ? conversation.title : nameOf(state, peer, words);
}

const SAYS: ReadonlySet<string> = new Set(["message", "created", "membership", "settings"]);

export interface ConversationRow {
  readonly chat: ConversationState;
  /** The newest entry that says something. */
  readonly last: Entry | null;
  /** The newest message that is still on its way, if it is newer than that. */
  readonly pending: OutboxItem | null;
  /** Unix milliseconds of the newer of the two, or for want of them of the newest entry. */
  readonly at: number;
}

/** The conversations, the pinned ones first, and then the one with the newest message. */
export function conversationRows(state: Pick<State, "conversations" | "outbox" | "users" | "session">): readonly ConversationRow[] {
  const pending = new Map(state.outbox.map((item) => [item.conversationId, item]));
  return [...state.conversations.values()]
    .map((chat) => {
      const last = newest(chat, myId(state));
      const item = pending.get(chat.conversation.conversationId) ?? null;
      const at = Math.max((last ?? chat.log.entries.at(-1))?.acceptedAt ?? 0, item?.createdAt ?? 0);
      return { chat, last, pending: item, at };
    })
    .filter(({ chat: { conversation }, last, pending: item }) => conversation.isUnused !== true || item !== null || last?.content.kind === "message")
    .sort((a, b) => byPin(a, b) || b.at - a.at || (a.chat.conversation.conversationId < b.chat.conversation.conversationId ? -1 : 1));
}

/** Those that are pinned come first, each at its place. */
function byPin(a: ConversationRow, b: ConversationRow): number {
  const [one, other] = [a, b].map(({ chat }) => chat.kept.mine.pinPosition || Number.MAX_SAFE_INTEGER) as [number, number];
  return one - other;
}

/** What was found of a log: it is asked at every change of anything, and the same until the log is another. */
const found = new WeakMap<readonly Entry[], { readonly hidden: ReadonlySet<number>; readonly me: UserId | null; readonly last: Entry | null }>();

function newest({ log: { entries }, hidden }: ConversationState, me: UserId | null): Entry | null {
  const before = found.get(entries);
  if (before?.hidden === hidden && before.me === me) {
    return before.last;
  }
  const last = newestOf(entries, hidden, me);
  found.set(entries, { hidden, me, last });
  return last;
}

/** The newest entry that says something to the user, as it is now. */
function newestOf(entries: readonly Entry[], hidden: ReadonlySet<number>, me: UserId | null): Entry | null {
  const last = entries.findLast(({ seq, content }) => SAYS.has(content.kind) && !hidden.has(seq) && !(content.kind === "message" && content.state?.isHidden === true));
  if (last?.content.kind !== "message") {
    return last ?? null;
  }
  const shown = folded(last.content, changesByTarget(entries).get(last.seq) ?? [], me);
  return { ...last, content: { kind: "message", said: shown, state: shown } };
}

/** Who is typing in a conversation, but for the user. */
export function typists(state: Pick<State, "typing" | "session">, conversationId: ConversationId): readonly UserId[] {
  const me = myId(state);
  return [...(state.typing.get(conversationId)?.keys() ?? [])].filter((userId) => userId !== me);
}

/** Whether the user may do something in a conversation. */
export function mayI({ me, conversation }: ConversationState, permission: Permission): boolean {
  return may(me, conversation, permission);
}

const NOBODY: ReadonlySet<UserId> = new Set();
const blockedBy = new WeakMap<Preferences["blocks"], ReadonlySet<UserId>>();

/** Whom the user has blocked: the same set until they are others. */
export function blockedUsers({ preferences }: Pick<State, "preferences">): ReadonlySet<UserId> {
  if (preferences === null) {
    return NOBODY;
  }
  const { blocks } = preferences;
  const found = blockedBy.get(blocks) ?? new Set(blocks.map(({ userId }) => userId));
  blockedBy.set(blocks, found);
  return found;
}

/** How many messages are unread in all conversations together. */
export function totalUnread(state: State): number {
  return [...state.conversations.values()].reduce((sum, chat) => sum + chat.unread, 0);
}

/** The picture of a user or a conversation, by its id; null if there is none. */
export function avatarOf({ users, conversations }: Pick<State, "users" | "conversations">, id: string): FileId | null {
  return users.get(id as UserId)?.avatarFileId ?? conversations.get(id as ConversationId)?.conversation.avatarFileId ?? null;
}

/** Who is looked at in a conversation: whoever it is with, and who has said something there of late; the newest last. */
export function shownUsers({ conversation, log }: ConversationState): ReadonlySet<UserId> {
  return new Set([...conversation.memberIds, ...log.entries.slice(-SHOWN).map(({ senderId }) => senderId)]);
}

/** Every user that the screen names: members, senders, and those who came and went. */
export function namedUsers(state: State): ReadonlySet<UserId> {
  const ids = new Set<UserId>();
  const me = myId(state);
  if (me !== null) {
    ids.add(me);
  }
  for (const { userId } of state.preferences?.blocks ?? []) {
    ids.add(userId);
  }
  for (const { conversation, log, members, streams } of state.conversations.values()) {
    for (const id of [...conversation.memberIds, ...(members ?? [])]) {
      ids.add(id);
    }
    for (const { senderId } of streams) {
      ids.add(senderId);
    }
    for (const { senderId, content } of log.entries) {
      ids.add(senderId);
      for (const id of content.kind === "message" ? [...(content.said.forwarded === undefined ? [] : [content.said.forwarded.senderId]), ...(content.said.mentions ?? [])] : []) {
        ids.add(id);
      }
      for (const id of content.kind === "membership" ? [...content.added, ...content.removed, ...content.roles.keys()] : []) {
        ids.add(id);
      }
    }
  }
  return ids;
}

const MAX_WATCHED = 200;

/** Whose coming and going to ask for: the members of the open conversation, then the partners of the newest direct ones. */
export function watchedUsers(state: State): readonly UserId[] {
  const me = myId(state);
  const open = state.opened === null ? undefined : state.conversations.get(state.opened.conversationId);
  const peers = conversationRows(state).map(({ chat }) => peerOf(chat.conversation, me));
  const ids = [...(open?.members ?? []), ...peers].filter((id) => id !== null && id !== me);
  return [...new Set(ids)].slice(0, MAX_WATCHED) as UserId[];
}
