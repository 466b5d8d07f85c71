/** Everything that the client shows, and the one function that changes it. */

import { begun, type Composed, type Composing, type Place, placeKey, withoutDeleted, withoutPlaces } from "./composing";
import { type Connection, stopped } from "./connection";
import { expired } from "./expiry";
import { append, extend, type Log, prepend, renewed, restarted, seeded } from "./log";
import { kept, type Kept, NOTHING_KEPT, USUAL } from "./mine";
import { accepted, type Outbox, without } from "./outbox";
import { NOTHING_SAVED, type Saved } from "./snapshot";
import { current, type Part, type Streams, told } from "./stream";
import type { Standing } from "./tabs";
import type { TextId } from "./texts";
import type { Conversation, ConversationId, Entry, Head, Member, MessageId, Page, Preferences, Presence, Role, Summary, User, UserId, Watermark } from "./types";

export type Session =
  /** A session was kept from before, and is being picked up. */
  | { readonly status: "restoring" }
  | { readonly status: "anonymous"; readonly notice: TextId | null }
  | { readonly status: "active"; readonly userId: UserId };

export type Loading = "idle" | "loading" | "failed";

export interface ConversationState {
  readonly conversation: Conversation;
  readonly log: Log;
  /** The newest seq that the user has read. */
  readonly readSeq: number;
  readonly unread: number;
  /** How many of them mention the user, or everyone; 100 if it is more. */
  readonly mentions: number;
  /** Entries up to this seq are accounted for in `unread` and `mentions`. */
  readonly countedSeq: number;
  /** How far the others have got. */
  readonly watermarks: ReadonlyMap<UserId, Watermark>;
  /** Null until it was asked for. */
  readonly members: readonly UserId[] | null;
  /** What they are, as far as it was told. */
  readonly roles: ReadonlyMap<UserId, Role>;
  /** The user as a member; null until the server has said it. */
  readonly me: Member | null;
  /** The fetching of older entries. */
  readonly older: Loading;
  /** Messages that others are still making. */
  readonly streams: Streams;
  /** How the user has it for themselves. */
  readonly kept: Kept;
  /** The messages that the user is not to be shown. */
  readonly hidden: ReadonlySet<number>;
}

/** The conversation on the screen. */
export interface Opened {
  readonly conversationId: ConversationId;
  /** What was read when it was opened: the line "new" stands after it. Null if there was nothing new. */
  readonly newAfterSeq: number | null;
}

export interface State {
  readonly session: Session;
  readonly connection: Connection;
  readonly listing: Loading;
  readonly conversations: ReadonlyMap<ConversationId, ConversationState>;
  readonly users: ReadonlyMap<UserId, User>;
  readonly presence: ReadonlyMap<UserId, Presence>;
  /** What the user has decided about how they are seen; null until the server has said it. */
  readonly preferences: Preferences | null;
  /** Who is typing where, and until when it is worth showing, in Unix milliseconds. */
  readonly typing: ReadonlyMap<ConversationId, ReadonlyMap<UserId, number>>;
  readonly outbox: Outbox;
  readonly opened: Opened | null;
  /** What is written and not sent. */
  readonly drafts: ReadonlyMap<ConversationId, string>;
  /** What is written in threads and not sent, by `placeKey`. */
  readonly threadDrafts: ReadonlyMap<string, string>;
  /** Where the user is answering a message, or saying one otherwise. */
  readonly composing: Composed;
}

export type Action =
  | { readonly type: "signed_in"; readonly userId: UserId; readonly outbox: Outbox; readonly saved?: Saved }
  | { readonly type: "signed_out"; readonly notice: TextId | null }
  | { readonly type: "connection_changed"; readonly connection: Connection }
  | { readonly type: "listing_changed"; readonly listing: Loading }
  | { readonly type: "conversations_listed"; readonly summaries: readonly Summary[] }
  | { readonly type: "conversation_found"; readonly summary: Summary }
  | { readonly type: "welcomed"; readonly heads: readonly Head[] }
  | { readonly type: "entry_came"; readonly entry: Entry }
  | { readonly type: "newer_came"; readonly conversationId: ConversationId; readonly after: number; readonly page: Page }
  /** A message as the server has it by now. */
  | { readonly type: "message_renewed"; readonly entry: Entry }
  | { readonly type: "older_changed"; readonly conversationId: ConversationId; readonly older: Loading }
  | { readonly type: "older_came"; readonly conversationId: ConversationId; readonly before: number; readonly page: Page }
  | { readonly type: "restarted"; readonly conversationId: ConversationId; readonly page: Page }
  /** By the entry at `seq`; 0 if that is not known. */
  | { readonly type: "left"; readonly conversationId: ConversationId; readonly seq: number }
  | { readonly type: "watermark_came"; readonly watermark: Watermark }
  | { readonly type: "read"; readonly conversationId: ConversationId; readonly seq: number }
  | {
      readonly type: "members_listed";
      readonly conversationId: ConversationId;
      readonly members: readonly Member[];
      readonly watermarks: readonly Watermark[];
    }
  | { readonly type: "users_found"; readonly users: readonly User[] }
  | { readonly type: "presence_came"; readonly presence: readonly Presence[] }
  | { readonly type: "preferences_came"; readonly preferences: Preferences }
  | { readonly type: "typing_came"; readonly conversationId: ConversationId; readonly userId: UserId; readonly until: number }
  | { readonly type: "part_came"; readonly conversationId: ConversationId; readonly part: Part; readonly now: number }
  /** What others are doing is worth showing for a while only. */
  | { readonly type: "time_passed"; readonly now: number }
  | { readonly type: "outbox_changed"; readonly outbox: Outbox }
  | { readonly type: "acked"; readonly messageId: MessageId; readonly conversationId: ConversationId; readonly seq: number }
  | { readonly type: "opened"; readonly conversationId: ConversationId | null }
  | { readonly type: "drafted"; readonly conversationId: ConversationId; readonly text: string }
  | { readonly type: "thread_drafted"; readonly place: Place; readonly text: string }
  | { readonly type: "composing_changed"; readonly place: Place; readonly composing: Composing };

export const initial: State = {
  session: { status: "restoring" },
  connection: stopped,
  listing: "idle",
  conversations: new Map(),
  users: new Map(),
  presence: new Map(),
  preferences: null,
  typing: new Map(),
  outbox: [],
  opened: null,
  drafts: new Map(),
  threadDrafts: new Map(),
  composing: new Map(),
};

/** The id of the user who is logged in; null if nobody is. */
export function myId(state: Pick<State, "session">): UserId | null {
  return state.session.status === "active" ? state.session.userId : null;
}

/** Where the client is, for another tab to begin from; null while it is finding out which conversations there are. */
export function standingOf({ conversations, listing }: State): Standing | null {
  if (listing !== "idle") {
    return null;
  }
  const chats = [...conversations];
  const heads = chats.map(([conversationId, { countedSeq, readSeq, unread, mentions, kept: { mine } }]) => ({
    conversationId,
    headSeq: countedSeq,
    readSeq,
    unread,
    mentions,
    mine,
  }));
  return { heads, ahead: chats.flatMap(([, { log }]) => log.ahead) };
}

export function update(state: State, action: Action): State {
  switch (action.type) {
    case "signed_in":
      return signedIn(state, action.userId, action.outbox, action.saved ?? NOTHING_SAVED);
    case "signed_out":
      return { ...initial, session: { status: "anonymous", notice: action.notice } };
    case "connection_changed":
      return { ...state, connection: action.connection };
    case "listing_changed":
      return { ...state, listing: action.listing };
    case "conversations_listed":
      return listed(state, action.summaries);
    case "conversation_found":
      return listed(state, [action.summary]);
    case "welcomed":
      return welcomed(state, action.heads);
    case "entry_came":
      return personalAfter(entryCame(state, action.entry), action.entry);
    case "newer_came":
      return grown(state, action.conversationId, (log) => extend(log, action.after, action.page));
    case "restarted":
      return grown(state, action.conversationId, (log) => restarted(log, action.page));
    case "message_renewed":
      return changed(state, action.entry.conversationId, (chat) => ({ ...chat, log: renewed(chat.log, action.entry) }));
    case "older_changed":
      return changed(state, action.conversationId, (chat) => ({ ...chat, older: action.older }));
    case "older_came":
      return changed(state, action.conversationId, (chat) => ({
        ...chat,
        older: "idle",
        log: prepend(chat.log, action.before, action.page),
      }));
    case "left":
      return left(state, action.conversationId, action.seq);
    case "watermark_came":
      return watermarkCame(state, action.watermark);
    case "read":
      return changed(state, action.conversationId, (chat) => readUpTo(chat, action.seq, myId(state)));
    case "members_listed":
      return changed(state, action.conversationId, (chat) => ({
        ...chat,
        members: action.members.map(({ userId }) => userId),
        roles: new Map(action.members.map(({ userId, role }) => [userId, role])),
        me: action.members.find(({ userId }) => userId === myId(state)) ?? chat.me,
        watermarks: action.watermarks.reduce(raised, chat.watermarks),
      }));
    case "users_found":
      return { ...state, users: withAll(state.users, action.users, (user) => user.userId) };
    case "presence_came":
      return { ...state, presence: withAll(state.presence, action.presence, (presence) => presence.userId) };
    case "preferences_came":
      return { ...state, preferences: action.preferences };
    case "typing_came":
      return typingCame(state, action.conversationId, action.userId, action.until);
    case "part_came":
      return changed(state, action.conversationId, (chat) => partCame(chat, action.part, action.now));
    case "time_passed":
      return timePassed(state, action.now);
    case "outbox_changed":
      return { ...state, outbox: action.outbox };
    case "acked":
      return acked(state, action.messageId, action.conversationId, action.seq);
    case "opened":
      return opened(state, action.conversationId);
    case "drafted":
      return { ...state, drafts: written(state.drafts, action.conversationId, action.text) };
    case "thread_drafted":
      return { ...state, threadDrafts: written(state.threadDrafts, placeKey(action.place), action.text) };
    case "composing_changed":
      return { ...state, composing: begun(state.composing, action.place, action.composing) };
  }
}

function signedIn({ opened }: State, userId: UserId, outbox: Outbox, saved: Saved): State {
  return { ...initial, ...saved, session: { status: "active", userId }, outbox, opened: openedIn({ ...initial, opened }, saved.conversations) };
}

function changed(state: State, conversationId: ConversationId, change: (chat: ConversationState) => ConversationState): State {
  const chat = state.conversations.get(conversationId);
  return chat === undefined ? state : { ...state, conversations: new Map(state.conversations).set(conversationId, change(chat)) };
}

function withAll<K, V>(map: ReadonlyMap<K, V>, values: readonly V[], keyOf: (value: V) => K): ReadonlyMap<K, V> {
  const next = new Map(map);
  for (const value of values) {
    next.set(keyOf(value), value);
  }
  return next;
}

function listed(state: State, summaries: readonly Summary[]): State {
  const conversations = new Map(state.conversations);
  for (const summary of summaries) {
    const id = summary.conversation.conversationId;
    const known = conversations.get(id);
    conversations.set(
      id,
      known === undefined ? fresh(summary) : counted({ ...known, conversation: summary.conversation, me: summary.me ?? known.me }, { conversationId: id, ...summary }, myId(state)),
    );
  }
  return { ...state, conversations, listing: "idle", opened: openedIn(state, conversations) };
}

/** Draws the line "new" in a conversation that was opened before it was known, as after a reload. */
function openedIn({ opened: before, conversations: known }: State, conversations: State["conversations"]): Opened | null {
  return before === null || known.has(before.conversationId) ? before : openedAt(before.conversationId, conversations);
}

function openedAt(conversationId: ConversationId, conversations: State["conversations"]): Opened {
  const chat = conversations.get(conversationId);
  return { conversationId, newAfterSeq: chat !== undefined && chat.unread > 0 ? chat.readSeq : null };
}

function fresh(summary: Summary): ConversationState {
  return {
    conversation: summary.conversation,
    log: seeded(summary.headSeq, summary.lastEntry),
    readSeq: summary.readSeq,
    unread: summary.unread,
    mentions: summary.mentions ?? 0,
    countedSeq: summary.headSeq,
    watermarks: new Map(),
    members: null,
    roles: new Map(),
    me: summary.me ?? null,
    older: "idle",
    streams: [],
    kept: kept(NOTHING_KEPT, summary.mine ?? {}, 0),
    hidden: new Set(),
  };
}

/** Takes over the server's count, unless the user has read further here than the server knows; and how the user has it. */
function counted(known: ConversationState, head: Head, me: UserId | null): ConversationState {
  const chat = { ...known, kept: { mine: { ...USUAL, ...head.mine }, seqs: known.kept.seqs } };
  if (head.headSeq < chat.countedSeq) {
    return chat;
  }
  if (chat.readSeq > head.readSeq) {
    return recounted(chat, me);
  }
  return { ...chat, readSeq: head.readSeq, unread: head.unread, mentions: head.mentions ?? 0, countedSeq: head.headSeq };
}

function welcomed(state: State, heads: readonly Head[]): State {
  const conversations = new Map<ConversationId, ConversationState>();
  for (const head of heads) {
    const chat = state.conversations.get(head.conversationId);
    if (chat !== undefined) {
      conversations.set(head.conversationId, counted(chat, head, myId(state)));
    }
  }
  const isGone = state.opened !== null && state.conversations.has(state.opened.conversationId) && !conversations.has(state.opened.conversationId);
  return { ...state, conversations, opened: isGone ? null : state.opened };
}

function entryCame(state: State, entry: Entry): State {
  const { conversationId, content } = entry;
  if (state.conversations.has(conversationId)) {
    return grown(state, conversationId, (log) => append(log, entry));
  }
  if (content.kind !== "created") {
    return state;
  }
  const summary = { conversation: content.conversation, headSeq: 0, readSeq: 0, unread: 0, lastEntry: null };
  const members = content.members ?? [];
  const chat: ConversationState = {
    ...fresh(summary),
    members: content.memberIds,
    roles: new Map(members.map(({ userId, role }) => [userId, role])),
    me: members.find(({ userId }) => userId === myId(state)) ?? null,
  };
  const known = { ...state, conversations: new Map(state.conversations).set(conversationId, chat) };
  return grown(known, conversationId, (log) => append(log, entry));
}

/** Lets a log grow at its newer end, and draws every consequence of the entries that came. */
function grown(state: State, conversationId: ConversationId, grow: (log: Log) => Log): State {
  const chat = state.conversations.get(conversationId);
  if (chat === undefined) {
    return state;
  }
  const log = grow(chat.log);
  if (log === chat.log) {
    return state;
  }
  const me = myId(state);
  const news = since(log, chat.log.tail);
  const uncounted = news.filter((entry) => entry.seq > chat.countedSeq && isUnread(entry, chat.readSeq, me));
  const next: ConversationState = {
    ...chat,
    log,
    unread: chat.unread + uncounted.length,
    mentions: Math.min(MAX_MENTIONS, chat.mentions + uncounted.filter((entry) => isMention(entry, me)).length),
    countedSeq: Math.max(chat.countedSeq, log.tail),
    conversation: news.reduce(settingsAfter, chat.conversation),
    members: news.reduce(membersAfter, chat.members),
    roles: news.reduce(rolesAfter, chat.roles),
    me: news.reduce((member, entry) => membershipAfter(member, entry, me), chat.me),
    streams: chat.streams.filter(({ messageId }) => !news.some((entry) => entry.messageId === messageId)),
  };
  const after: State = {
    ...state,
    conversations: new Map(state.conversations).set(conversationId, next),
    outbox: news.reduce((outbox, entry) => without(outbox, entry.messageId), state.outbox),
    typing: withoutTypists(state.typing, conversationId, new Set(news.map((entry) => entry.senderId))),
    composing: withoutDeleted(state.composing, conversationId, news),
  };
  return news.reduce(personalAfter, after);
}

/** Takes over what concerns only the user. That it comes twice changes nothing. */
function personalAfter(state: State, { seq, content }: Entry): State {
  if (content.kind !== "personal") {
    return state;
  }
  const { about, personal } = content;
  switch (personal.type) {
    case "mine":
      return changed(state, about, (chat) => ({ ...chat, kept: kept(chat.kept, personal.changed, seq) }));
    case "hidden":
      return changed(state, about, (chat) => hidden(chat, personal.seq, myId(state)));
    case "draft":
      return state; // who is writing just now knows better: see the client
  }
}

function hidden(chat: ConversationState, seq: number, me: UserId | null): ConversationState {
  if (chat.hidden.has(seq)) {
    return chat;
  }
  const message = chat.log.entries.find((entry) => entry.seq === seq);
  const isCounted = seq <= chat.countedSeq && (message === undefined ? seq > chat.readSeq : isUnread(message, chat.readSeq, me));
  const isMentioned = isCounted && message !== undefined && isMention(message, me);
  return {
    ...chat,
    hidden: new Set(chat.hidden).add(seq),
    unread: Math.max(0, chat.unread - Number(isCounted)),
    mentions: Math.max(0, chat.mentions - Number(isMentioned)),
  };
}

/** The entries that are newer than `seq`. */
export function since(log: Log, seq: number): readonly Entry[] {
  const before = log.entries.findLastIndex((entry) => entry.seq <= seq);
  return log.entries.slice(before + 1);
}

function isUnread(entry: Entry, readSeq: number, me: UserId | null): boolean {
  return entry.seq > readSeq && entry.content.kind === "message" && entry.content.state?.isHidden !== true && entry.senderId !== me;
}

/** The server counts no further. */
const MAX_MENTIONS = 100;

/** Whether a message mentions the user, or everyone. */
function isMention({ content }: Entry, me: UserId | null): boolean {
  return content.kind === "message" && me !== null && (content.said.mentionsAll === true || content.said.mentions?.includes(me) === true);
}

function settingsAfter(conversation: Conversation, { content }: Entry): Conversation {
  return content.kind === "settings" ? { ...conversation, ...content.changed } : conversation;
}

function membersAfter(members: readonly UserId[] | null, { content }: Entry): readonly UserId[] | null {
  if (members === null || content.kind !== "membership") {
    return members;
  }
  const gone = new Set(content.removed);
  return [...new Set([...members, ...content.added])].filter((member) => !gone.has(member));
}

function rolesAfter(roles: ReadonlyMap<UserId, Role>, { content }: Entry): ReadonlyMap<UserId, Role> {
  if (content.kind !== "membership") {
    return roles;
  }
  const next = new Map([...roles, ...content.roles]);
  for (const { userId, role } of content.members ?? []) {
    next.set(userId, role);
  }
  for (const userId of content.removed) {
    next.delete(userId);
  }
  return next;
}

/** A change of what they may do leaves where they came in. */
function membershipAfter(member: Member | null, { content }: Entry, me: UserId | null): Member | null {
  const news = content.kind === "membership" ? content.members?.find(({ userId }) => userId === me) : undefined;
  return news === undefined ? member : { ...news, joinedSeq: news.joinedSeq || (member?.joinedSeq ?? 0) };
}

function left(state: State, conversationId: ConversationId, seq: number): State {
  if (seq > 0 && seq < (state.conversations.get(conversationId)?.log.tail ?? 0)) {
    return state; // and let in again since
  }
  const conversations = new Map(state.conversations);
  const drafts = new Map(state.drafts);
  conversations.delete(conversationId);
  drafts.delete(conversationId);
  return {
    ...state,
    conversations,
    drafts,
    threadDrafts: withoutPlaces(state.threadDrafts, conversationId),
    composing: withoutPlaces(state.composing, conversationId),
    outbox: state.outbox.filter((item) => item.conversationId !== conversationId),
    opened: state.opened?.conversationId === conversationId ? null : state.opened,
  };
}

function watermarkCame(state: State, watermark: Watermark): State {
  const me = myId(state);
  return changed(state, watermark.conversationId, (chat) =>
    watermark.userId === me ? readUpTo(chat, watermark.readSeq, me) : { ...chat, watermarks: raised(chat.watermarks, watermark) },
  );
}

function raised(watermarks: ReadonlyMap<UserId, Watermark>, watermark: Watermark): ReadonlyMap<UserId, Watermark> {
  const before = watermarks.get(watermark.userId);
  return new Map(watermarks).set(watermark.userId, {
    ...watermark,
    deliveredSeq: Math.max(watermark.deliveredSeq, before?.deliveredSeq ?? 0),
    readSeq: Math.max(watermark.readSeq, before?.readSeq ?? 0),
  });
}

function readUpTo(chat: ConversationState, seq: number, me: UserId | null): ConversationState {
  return seq <= chat.readSeq ? chat : recounted({ ...chat, readSeq: seq }, me);
}

/** Counts anew what is unread, if the log reaches back far enough to tell. */
function recounted(chat: ConversationState, me: UserId | null): ConversationState {
  const { log, readSeq } = chat;
  if (readSeq >= Math.max(log.tail, chat.countedSeq)) {
    return { ...chat, unread: 0, mentions: 0 };
  }
  if (readSeq < log.first - 1 || chat.countedSeq > log.tail) {
    return chat;
  }
  const unread = since(log, readSeq).filter((entry) => !chat.hidden.has(entry.seq) && isUnread(entry, readSeq, me));
  return { ...chat, unread: unread.length, mentions: Math.min(MAX_MENTIONS, unread.filter((entry) => isMention(entry, me)).length) };
}

function typingCame(state: State, conversationId: ConversationId, userId: UserId, until: number): State {
  const typists = new Map(state.typing.get(conversationId)).set(userId, until);
  return { ...state, typing: new Map(state.typing).set(conversationId, typists) };
}

/** A part that comes after the message itself is passed over. */
function partCame(chat: ConversationState, part: Part, now: number): ConversationState {
  const isThere = chat.log.entries.some(({ messageId }) => messageId === part.messageId);
  return isThere ? chat : { ...chat, streams: told(chat.streams, part, now) };
}

/** Ends what others were doing until now, and lets disappear what has expired, which counts no more. */
function timePassed(state: State, now: number): State {
  const rest = typingEnded(state, now);
  const changed = [...state.conversations].flatMap(([id, chat]) => {
    const later = passed(chat, now, myId(state));
    return later === chat ? [] : [[id, later] as const];
  });
  return changed.length === 0 ? rest : { ...rest, conversations: new Map([...state.conversations, ...changed]) };
}

/** A conversation as it is at a time. */
export function passed(chat: ConversationState, now: number, me: UserId | null): ConversationState {
  const streams = current(chat.streams, now);
  const log = expired(chat.log, now);
  if (log !== chat.log) {
    return recounted({ ...chat, streams, log }, me);
  }
  return streams === chat.streams ? chat : { ...chat, streams };
}

/** When something of what others are doing is over, in Unix milliseconds; null if they do nothing. */
export function passesAt(state: State): number | null {
  const typing = [...state.typing.values()].flatMap((typists) => [...typists.values()]);
  const streams = [...state.conversations.values()].flatMap((chat) => chat.streams.map(({ until }) => until));
  return typing.length + streams.length > 0 ? Math.min(...typing, ...streams) : null;
}

function typingEnded(state: State, now: number): State {
  const typing = new Map<ConversationId, ReadonlyMap<UserId, number>>();
  let ended = false;
  for (const [conversationId, typists] of state.typing) {
    const still = new Map([...typists].filter(([, until]) => until > now));
    ended ||= still.size < typists.size;
    if (still.size > 0) {
      typing.set(conversationId, still);
    }
  }
  return ended ? { ...state, typing } : state;
}

function withoutTypists(typing: State["typing"], conversationId: ConversationId, gone: ReadonlySet<UserId>): State["typing"] {
  const typists = typing.get(conversationId);
  if (typists === undefined || ![...typists.keys()].some((userId) => gone.has(userId))) {
    return typing;
  }
  return new Map(typing).set(conversationId, new Map([...typists].filter(([userId]) => !gone.has(userId))));
}

function acked(state: State, messageId: MessageId, conversationId: ConversationId, seq: number): State {
  const chat = state.conversations.get(conversationId);
  const isThere = chat !== undefined && seq <= chat.log.tail;
  return { ...state, outbox: isThere ? without(state.outbox, messageId) : accepted(state.outbox, messageId) };
}

/** What is written somewhere; nothing if that is empty. */
function written<K>(drafts: ReadonlyMap<K, string>, where: K, text: string): ReadonlyMap<K, string> {
  const next = new Map(drafts);
  if (text === "") {
    next.delete(where);
  } else {
    next.set(where, text);
  }
  return next;
}

function opened(state: State, conversationId: ConversationId | null): State {
  return { ...state, opened: conversationId === null ? null : openedAt(conversationId, state.conversations) };
}
