/** The sentences of conversations. */

import { plainText } from "./markdown";
import type { TextId } from "./texts";
import type { ConversationSettings, Entry, FileRef, Poll, Presence, Said, UserId } from "./types";
import type { Words } from "./words";

type NameOf = (userId: UserId) => string;

/** What a system line says. */
export function describe(entry: Entry, me: UserId | null, nameOf: NameOf, words: Words): string {
  const { content, senderId } = entry;
  const { t } = words;
  const who = { by: senderId === me ? "me" : "other", who: nameOf(senderId) };
  const listed = (ids: readonly UserId[]) => ids.map((id) => (id === me ? t("messages.youObject") : nameOf(id)));
  const isOwnDoing = (ids: readonly UserId[]) => ids.length === 1 && ids[0] === senderId;
  switch (content.kind) {
    case "created":
      return content.conversation.kind === "direct" ? t("messages.started", who) : t("messages.created", { ...who, title: content.conversation.title });
    case "membership": {
      const { added, removed, roles } = content;
      return together(words, [
        ...(added.length === 0 ? [] : [isOwnDoing(added) ? t("messages.joined", who) : t("messages.added", { ...who, names: listed(added) })]),
        ...(removed.length === 0 ? [] : [isOwnDoing(removed) ? t("messages.left", who) : t("messages.removed", { ...who, names: listed(removed) })]),
        ...[...roles].map(([userId, role]) => t("messages.role", { ...who, names: listed([userId]), role })),
      ]);
    }
    case "settings":
      return together(words, settingsTexts(who, content.changed, words));
    case "message":
      return content.state?.isDeleted === true ? t("messages.deleted") : plainText(content.said.text) || filesText(content.said.files ?? [], words);
    case "change":
    case "personal":
    case "unknown":
      return "";
  }
}

/** What is said of each thing that was set. */
function settingsTexts(who: { readonly by: string; readonly who: string }, changed: Partial<ConversationSettings>, words: Words): readonly string[] {
  const { t } = words;
  const { title, topic, avatarFileId, isPublic, slowModeS, messageTtlS, memberPermissions } = changed;
  return [
    ...(title === undefined ? [] : [t("messages.renamed", { ...who, title })]),
    ...(topic === undefined ? [] : [topic === "" ? t("messages.topicOff", who) : t("messages.topic", { ...who, topic })]),
    ...(messageTtlS === undefined ? [] : [messageTtlS === 0 ? t("messages.ttlOff", who) : t("messages.ttl", { ...who, time: words.duration(messageTtlS) })]),
    ...(avatarFileId === undefined ? [] : [t(avatarFileId === null ? "messages.pictureOff" : "messages.picture", who)]),
    ...(isPublic === undefined ? [] : [t(isPublic ? "messages.public" : "messages.private", who)]),
    ...(slowModeS === undefined ? [] : [slowModeS === 0 ? t("messages.slowModeOff", who) : t("messages.slowMode", { ...who, time: words.duration(slowModeS) })]),
    ...(memberPermissions === undefined ? [] : [t("messages.memberPermissions", who)]),
  ];
}

/** Several sentences in one. */
function together({ t }: Words, sentences: readonly string[]): string {
  return sentences.length === 0 ? "" : sentences.reduce((first, second) => t("messages.both", { first, second }));
}

/** What is said of files that come without words. */
export function filesText(files: readonly FileRef[], { t }: Words): string {
  return files.map(({ name }) => name).reduce((first, second) => (first === "" ? second : t("messages.both", { first, second })), "");
}

/** A message in one line, where another answers it. */
export function quoted({ text, files = [] }: Said, words: Words): string {
  const line = (plainText(text) || filesText(files, words)).replace(/\s+/g, " ");
  return line.length > MAX_QUOTED ? `${Array.from(line).slice(0, MAX_QUOTED).join("")}…` : line;
}

const MAX_QUOTED = 120;

/** The line of the conversation list: who said what, last. */
export function preview(entry: Entry, me: UserId | null, isGroup: boolean, nameOf: NameOf, words: Words): string {
  const said = describe(entry, me, nameOf, words);
  if (entry.content.kind !== "message") {
    return said;
  }
  const { said: what, state } = entry.content;
  const text = state?.isDeleted === true ? said : lineOf(what, words);
  if (entry.senderId === me) {
    return words.t("conversations.youSaid", { text });
  }
  return isGroup ? words.t("conversations.said", { name: firstWord(nameOf(entry.senderId)), text }) : text;
}

/** What a message says, in one line: its words, and for want of them what kind of files it has. */
export function lineOf({ text, files = [], poll }: Said, words: Words): string {
  const line = plainText(text).replace(/\s+/g, " ");
  if (poll !== undefined) {
    return words.t("conversations.poll", { text: line });
  }
  return line || filesLine(files, words);
}

const FILE_KINDS = { image: "conversations.photos", video: "conversations.videos", audio: "conversations.recordings" } as const;

function filesLine(files: readonly FileRef[], words: Words): string {
  const kinds = new Set(files.map(({ mediaType }) => mediaType.split("/", 1)[0] ?? ""));
  const [kind = ""] = kinds;
  const id = kinds.size === 1 && kind in FILE_KINDS ? FILE_KINDS[kind as keyof typeof FILE_KINDS] : undefined;
  return id === undefined ? filesText(files, words) : words.t(id, { count: files.length });
}

function firstWord(name: string): string {
  return name.split(/\s/, 1)[0] ?? name;
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => /^./u.exec(word ?? "")?.[0] ?? "");
  return letters.join("").toUpperCase() || "?";
}

/** A number from 0 to `tones - 1` that stays the same for an id. */
export function toneOf(id: string, tones: number): number {
  let hash = 0;
  for (const char of id) {
    hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  }
  return hash % tones;
}

/** What stands beside each other: each says something of its own. */
export function beside(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}

export function presenceText(presence: Presence | undefined, now: number, words: Words): string {
  return presence === undefined || presence.availability === "unknown" ? "" : beside([availabilityText(presence, now, words), presence.status]);
}

const AVAILABLE = { online: "presence.online", away: "presence.away", busy: "presence.busy" } as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

function availabilityText({ availability, lastSeenAt }: Presence, now: number, words: Words): string {
  const { t } = words;
  if (availability in AVAILABLE) {
    return t(AVAILABLE[availability as keyof typeof AVAILABLE]);
  }
  if (lastSeenAt === null) {
    return t("presence.offline");
  }
  if (now - lastSeenAt < MINUTE_MS) {
    return t("presence.lastSeenNow");
  }
  if (now - lastSeenAt < HOUR_MS) {
    return t("presence.lastSeen", { time: words.minutesAgo(Math.floor((now - lastSeenAt) / MINUTE_MS)) });
  }
  const days = words.daysBetween(lastSeenAt, now);
  if (days > 1) {
    return t("presence.lastSeenOn", { day: words.shortTime(lastSeenAt, now) });
  }
  return t(days === 1 ? "presence.lastSeenYesterday" : "presence.lastSeenToday", { time: words.clock(lastSeenAt) });
}

const MAX_TYPISTS = 3;

export function typingText(names: readonly string[], { t }: Words): string {
  if (names.length === 0) {
    return "";
  }
  return names.length > MAX_TYPISTS ? t("conversations.typingSeveral") : t("conversations.typingMany", { count: names.length, names });
}

/** What stands under a poll. */
export function pollText(poll: Poll, voterCount: number, isClosed: boolean, now: number, words: Words): string {
  const { t } = words;
  const votes = t("messages.votes", { count: voterCount });
  if (isClosed || (poll.closesAt !== null && poll.closesAt <= now)) {
    return beside([votes, t("messages.pollClosed")]);
  }
  const closing = poll.closesAt === null ? "" : t("messages.pollCloses", { day: words.day(poll.closesAt, now), time: words.clock(poll.closesAt) });
  return beside([votes, poll.isMultiple ? t("messages.pollMany") : "", closing]);
}

/** What a user can do something about, by the server's reason. The rest only a developer can act on. */
const EXPLANATIONS: Readonly<Record<string, TextId>> = {
  ACCOUNT_DISABLED: "errors.ACCOUNT_DISABLED",
  BAD_CREDENTIALS: "errors.BAD_CREDENTIALS",
  BAD_INVITE: "errors.BAD_INVITE",
  BLOCKED: "errors.BLOCKED",
  DEADLINE_EXCEEDED: "errors.DEADLINE_EXCEEDED",
  FILE_BROKEN: "errors.FILE_BROKEN",
  FILE_TOO_LARGE: "errors.FILE_TOO_LARGE",
  FILE_TYPE_REFUSED: "errors.FILE_TYPE_REFUSED",
  FRAME_TOO_LARGE: "errors.FRAME_TOO_LARGE",
  LAST_OWNER: "errors.LAST_OWNER",
  LIMIT_REACHED: "errors.LIMIT_REACHED",
  OVERLOADED: "errors.OVERLOADED",
  PERMISSION_DENIED: "errors.PERMISSION_DENIED",
  POLL_CLOSED: "errors.POLL_CLOSED",
  QUOTA_REACHED: "errors.QUOTA_REACHED",
  RATE_LIMITED: "errors.RATE_LIMITED",
  REPORT_RESOLVED: "errors.REPORT_RESOLVED",
  SLOW_MODE: "errors.SLOW_MODE",
  TEXT_EMPTY: "errors.TEXT_EMPTY",
  TEXT_TOO_LONG: "errors.TEXT_TOO_LONG",
  UNAUTHENTICATED: "errors.UNAUTHENTICATED",
  UNAVAILABLE: "errors.UNAVAILABLE",
  UNKNOWN_CONVERSATION: "errors.UNKNOWN_CONVERSATION",
  UNKNOWN_FILE: "errors.UNKNOWN_FILE",
  UNKNOWN_USER: "errors.UNKNOWN_USER",
  USERNAME_TAKEN: "errors.USERNAME_TAKEN",
};

/** A sentence for a reason of the server's table; `fallback` for those that only a developer can act on. */
export function explain(reason: string, fallback: string, { t }: Words): string {
  const id = EXPLANATIONS[reason];
  return id === undefined ? fallback : t(id);
}
