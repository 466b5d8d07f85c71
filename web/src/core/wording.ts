/** The sentences and times that people read. */

import { plainText } from "./markdown";
import type { ConversationSettings, Entry, FileRef, Poll, Presence, Role, Said, UserId } from "./types";

/** What stands where a message was. */
export const DELETED = "This message was deleted";

type NameOf = (userId: UserId) => string;

/** What a system line says. */
export function describe(entry: Entry, me: UserId | null, nameOf: NameOf): string {
  const { content, senderId } = entry;
  const who = senderId === me ? "You" : nameOf(senderId);
  switch (content.kind) {
    case "created":
      return content.conversation.kind !== "direct" ? `${who} created “${content.conversation.title}”` : `${who} started the conversation`;
    case "membership":
      return [
        ...(content.added.length > 0 ? [addition(content.added, entry, me, nameOf)] : []),
        ...(content.removed.length > 0 ? [removal(content.removed, entry, me, nameOf)] : []),
        ...[...content.roles].map(([userId, role]) => `${who} made ${listed([userId], me, nameOf)} ${ROLES[role]}`),
      ].join(", ");
    case "settings":
      return [
        ...(content.changed.title === undefined ? [] : [`${who} called it “${content.changed.title}”`]),
        ...(content.changed.topic === undefined ? [] : [content.changed.topic === "" ? `${who} took the topic away` : `${who} set the topic to “${content.changed.topic}”`]),
        ...(content.changed.messageTtlS === undefined ? [] : [ttlText(who, content.changed.messageTtlS)]),
        ...rulesText(who, content.changed),
      ].join(", ");
    case "message":
      return content.state?.isDeleted === true ? DELETED : plainText(content.said.text) || filesText(content.said.files ?? []);
    case "change":
    case "personal":
    case "unknown":
      return "";
  }
}

/** What is said of how it looks, and of what others may do. */
function rulesText(who: string, { avatarFileId, isPublic, slowModeS, memberPermissions }: Partial<ConversationSettings>): readonly string[] {
  return [
    ...(avatarFileId === undefined ? [] : [avatarFileId === null ? `${who} took the picture away` : `${who} changed the picture`]),
    ...(isPublic === undefined ? [] : [isPublic ? `${who} let everyone join` : `${who} let only those join who are asked`]),
    ...(slowModeS === undefined ? [] : [slowModeS === 0 ? `${who} let everyone write as fast as they like` : `${who} let everyone write once in ${slowModeS} seconds`]),
    ...(memberPermissions === undefined ? [] : [`${who} changed what members may do`]),
  ];
}

/** What is said of files that come without words. */
export function filesText(files: readonly FileRef[]): string {
  return files.map(({ name }) => name).join(", ");
}

/** A message in one line, where another answers it. */
export function quoted({ text, files = [] }: Said): string {
  const line = (plainText(text) || filesText(files)).replace(/\s+/g, " ");
  return line.length > MAX_QUOTED ? `${Array.from(line).slice(0, MAX_QUOTED).join("")}…` : line;
}

const MAX_QUOTED = 120;

const ROLES: Readonly<Record<Role, string>> = { owner: "the owner", admin: "an administrator", member: "a member", reader: "a reader" };

function addition(added: readonly UserId[], entry: Entry, me: UserId | null, nameOf: NameOf): string {
  const who = entry.senderId === me ? "You" : nameOf(entry.senderId);
  return added.length === 1 && added[0] === entry.senderId ? `${who} joined` : `${who} added ${listed(added, me, nameOf)}`;
}

function removal(removed: readonly UserId[], entry: Entry, me: UserId | null, nameOf: NameOf): string {
  const who = entry.senderId === me ? "You" : nameOf(entry.senderId);
  return removed.length === 1 && removed[0] === entry.senderId ? `${who} left` : `${who} removed ${listed(removed, me, nameOf)}`;
}

function listed(ids: readonly UserId[], me: UserId | null, nameOf: NameOf): string {
  const names = ids.map((id) => (id === me ? "you" : nameOf(id)));
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

/** The line of the conversation list: who said what, last. */
export function preview(entry: Entry, me: UserId | null, isGroup: boolean, nameOf: NameOf): string {
  if (entry.content.kind !== "message") {
    return describe(entry, me, nameOf);
  }
  const text = describe(entry, me, nameOf).replace(/\s+/g, " ");
  if (entry.senderId === me) {
    return `You: ${text}`;
  }
  return isGroup ? `${firstWord(nameOf(entry.senderId))}: ${text}` : text;
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

export function clockTime(at: number): string {
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** The head of a day in a conversation. */
export function dayName(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) {
    return days === 0 ? "Today" : "Yesterday";
  }
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", ...(isThisYear ? {} : { year: "numeric" }) }).format(at);
}

/** A time in the conversation list: as short as it can be told. */
export function shortTime(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) {
    return clockTime(at);
  }
  if (days === 1) {
    return "Yesterday";
  }
  return new Intl.DateTimeFormat(undefined, days < 7 ? { weekday: "short" } : { day: "numeric", month: "short" }).format(at);
}

function daysBetween(at: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

export function presenceText(presence: Presence | undefined, now: number): string {
  if (presence === undefined || presence.availability === "unknown") {
    return "";
  }
  return [availabilityText(presence, now), presence.status].filter((part) => part !== "").join(" · ");
}

const AVAILABLE = { online: "Online", away: "Away", busy: "Busy" } as const;

function availabilityText(presence: Presence, now: number): string {
  if (presence.availability in AVAILABLE) {
    return AVAILABLE[presence.availability as keyof typeof AVAILABLE];
  }
  if (presence.lastSeenAt === null) {
    return "Offline";
  }
  const minutes = Math.floor((now - presence.lastSeenAt) / 60_000);
  if (minutes < 1) {
    return "Last seen just now";
  }
  return minutes < 60 ? `Last seen ${minutes} min ago` : `Last seen ${lastSeenDay(presence.lastSeenAt, now)}`;
}

function lastSeenDay(at: number, now: number): string {
  const days = daysBetween(at, now);
  return days === 0 ? `at ${clockTime(at)}` : days === 1 ? `yesterday at ${clockTime(at)}` : `on ${shortTime(at, now)}`;
}

export function typingText(names: readonly string[]): string {
  if (names.length === 0) {
    return "";
  }
  if (names.length > 3) {
    return "Several people are typing";
  }
  return `${new Intl.ListFormat("en", { type: "conjunction" }).format(names)} ${names.length === 1 ? "is" : "are"} typing`;
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  BAD_CREDENTIALS: "User name or password is wrong.",
  USERNAME_TAKEN: "This user name is taken. Choose another one.",
  UNKNOWN_USER: "Nobody has this user name.",
  UNKNOWN_CONVERSATION: "You are not in this conversation any more.",
  PERMISSION_DENIED: "You are not allowed to do that in this conversation.",
  LAST_OWNER: "Make somebody else the owner first.",
  SLOW_MODE: "Wait a moment before you write again here.",
  POLL_CLOSED: "No more votes are taken in this poll.",
  TEXT_EMPTY: "There is nothing to send.",
  TEXT_TOO_LONG: "The message is too long. Send it in parts.",
  FRAME_TOO_LARGE: "The message is too long. Send it in parts.",
  LIMIT_REACHED: "There is no room for more here.",
  OVERLOADED: "The server has too much to do. Try again in a moment.",
  UNAVAILABLE: "The server can’t be reached. Try again in a moment.",
  DEADLINE_EXCEEDED: "The server took too long. Try again.",
  ACCOUNT_DISABLED: "This account is disabled. Ask an administrator.",
  BAD_INVITE: "This invite is not good any more. Ask for another one.",
  UNKNOWN_FILE: "A file of it is not there any more.",
  FILE_TOO_LARGE: "The file is too large.",
  FILE_TYPE_REFUSED: "Files of this kind are not taken in here.",
  FILE_BROKEN: "The file can’t be read.",
  QUOTA_REACHED: "Your files take all the room that they may. Delete some first.",
  UNAUTHENTICATED: "You were logged out. Log in again.",
};

/** What stands under a poll. */
export function pollText(poll: Poll, voterCount: number, isClosed: boolean, now: number): string {
  const voters = voterCount === 0 ? "No votes yet" : voterCount === 1 ? "1 vote" : `${voterCount} votes`;
  if (isClosed || (poll.closesAt !== null && poll.closesAt <= now)) {
    return `${voters} · Closed`;
  }
  const closing = poll.closesAt === null ? "" : ` · Closes ${dayName(poll.closesAt, now)} at ${clockTime(poll.closesAt)}`;
  return `${voters}${poll.isMultiple ? " · Several answers" : ""}${closing}`;
}

/** A sentence for a reason of the server's table; `fallback` for those that only a developer can act on. */
export function explain(reason: string, fallback: string): string {
  return EXPLANATIONS[reason] ?? fallback;
}

function ttlText(who: string, seconds: number): string {
  return seconds === 0 ? `${who} lets messages stay` : `${who} lets messages disappear after ${durationText(seconds)}`;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A time in seconds, in the largest unit of which it is a whole number. */
export function durationText(seconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0) ?? ["second", 1];
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" }).format(seconds / length);
}

/** A size in bytes, as people say it. */
export function sizeText(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const amount = bytes / 1_000 ** power;
  return new Intl.NumberFormat("en", { style: "unit", unit: units[power] ?? "byte", unitDisplay: "short", maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount);
}
