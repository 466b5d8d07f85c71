/** Turns the wire's messages into what the client thinks in. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Duration, Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { base64Encode } from "@bufbuild/protobuf/wire";

import type {
  Change,
  Content,
  Conversation,
  ConversationId,
  ConversationKind,
  ConversationSettings,
  Entry,
  FileId,
  FileRef,
  Head,
  Later,
  LinkPreview,
  Member,
  MessageId,
  MessageState,
  Mine,
  Page,
  Personal,
  Poll,
  Preferences,
  Presence,
  Privacy,
  Role,
  Said,
  Status,
  Summary,
  Told,
  User,
  UserId,
  Watermark,
} from "../core/types";
import type { User as WireUser } from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import type { LinkPreview as WireLinkPreview } from "../gen/elastic_chat/files/v1/files_service_pb";
import type { ConversationHead as WireHead, Presence as WirePresence } from "../gen/elastic_chat/gateway/v1/frames_pb";
import type { ConversationSummary as WireSummary, ListMessagesResponse, WaitingMessage } from "../gen/elastic_chat/history/v1/history_service_pb";
import {
  type Conversation as WireConversation,
  Conversation_Kind,
  type ConversationPreferences as WireMine,
  ConversationPreferences_Notifications,
  type ConversationSettings as WireSettings,
  type Member as WireMember,
  Member_Role,
  type Watermark as WireWatermark,
} from "../gen/elastic_chat/types/v1/conversation_pb";
import { type Attachment as WireFile, type Body, type BodySchema, type Entry as WireEntry, Entry_Kind, type MembershipChange, type PersonalChange, type Poll as WirePoll } from "../gen/elastic_chat/types/v1/entry_pb";
import { Availability, type Preferences as WirePreferences, type Privacy as WirePrivacy, Privacy_Audience } from "../gen/elastic_chat/types/v1/presence_pb";

/** Unix milliseconds. */
export function timeFrom(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : Number(timestamp.seconds) * 1_000 + Math.trunc(timestamp.nanos / 1_000_000);
}

/** Milliseconds. */
export function durationFrom(duration: Duration): number {
  return Number(duration.seconds) * 1_000 + Math.ceil(duration.nanos / 1_000_000);
}

export function userFrom(user: WireUser): User {
  return {
    userId: user.userId as UserId,
    username: user.username,
    displayName: user.deleted ? null : user.displayName || user.username,
    ...(user.bot ? { isBot: true } : {}),
    ...(user.avatarFileId === "" ? {} : { avatarFileId: user.avatarFileId as FileId }),
  };
}

export function conversationFrom(conversation: WireConversation): Conversation {
  return {
    conversationId: conversation.conversationId as ConversationId,
    kind: kindFrom(conversation.kind),
    title: conversation.kind === Conversation_Kind.SELF ? "" : conversation.title,
    topic: conversation.topic,
    avatarFileId: avatarFrom(conversation.avatarFileId),
    isPublic: conversation.public,
    slowModeS: conversation.slowModeS,
    messageTtlS: conversation.messageTtlS,
    memberPermissions: conversation.memberPermissions,
    creatorId: conversation.creatorId as UserId,
    memberIds: conversation.memberIds as UserId[],
    ...(conversation.kind === Conversation_Kind.SELF ? { isUnused: true } : {}),
  };
}

const KINDS: Readonly<Record<number, ConversationKind>> = {
  [Conversation_Kind.DIRECT]: "direct",
  [Conversation_Kind.CHANNEL]: "channel",
  [Conversation_Kind.SELF]: "notes",
};

export function kindFrom(kind: Conversation_Kind): ConversationKind {
  return KINDS[kind] ?? "group";
}

export function kindTo(kind: ConversationKind): Conversation_Kind {
  return { direct: Conversation_Kind.DIRECT, group: Conversation_Kind.GROUP, channel: Conversation_Kind.CHANNEL, notes: Conversation_Kind.SELF }[kind];
}

export function avatarFrom(fileId: string): FileId | null {
  return fileId === "" ? null : (fileId as FileId);
}

export function entryFrom(entry: WireEntry): Entry {
  return {
    conversationId: entry.conversationId as ConversationId,
    seq: Number(entry.seq),
    messageId: entry.messageId as MessageId,
    senderId: entry.senderId as UserId,
    acceptedAt: timeFrom(entry.acceptedAt),
    ...(entry.expiresAt === undefined ? {} : { expiresAt: timeFrom(entry.expiresAt) }),
    content: contentFrom(entry),
  };
}

function contentFrom(entry: WireEntry): Content {
  if (entry.kind === Entry_Kind.MESSAGE) {
    return { kind: "message", said: saidFrom(entry.body), state: stateFrom(entry) };
  }
  const personal = entry.personal === undefined ? null : personalFrom(entry.personal);
  if (entry.personal !== undefined && personal !== null) {
    return { kind: "personal", about: entry.personal.conversationId as ConversationId, personal };
  }
  const change = changeFrom(entry);
  if (change !== null) {
    return { kind: "change", target: Number(entry.target), change };
  }
  if (entry.kind === Entry_Kind.CREATED && entry.created?.conversation !== undefined) {
    const members = entry.created.members.map(memberFrom);
    return { kind: "created", conversation: conversationFrom(entry.created.conversation), memberIds: members.map(({ userId }) => userId), members };
  }
  if (entry.kind === Entry_Kind.MEMBERSHIP && entry.membership !== undefined) {
    return membershipFrom(entry.membership);
  }
  if (entry.kind === Entry_Kind.SETTINGS && entry.settings !== undefined) {
    const changed = settingsFrom(entry.settings);
    return Object.keys(changed).length > 0 ? { kind: "settings", changed } : { kind: "unknown" };
  }
  return { kind: "unknown" };
}

/** A ban takes away who is in; lifting one, and banning who is not, shows nobody anything. */
function membershipFrom({ added: came, removedUserIds, changed, bannedUserIds, unbannedUserIds }: MembershipChange): Content {
  const added = came.map((member) => member.userId as UserId);
  const removed = removedUserIds as UserId[];
  const roles = new Map(changed.map((member) => [member.userId as UserId, roleFrom(member.role)] as const));
  const members = [...came, ...changed].map(memberFrom);
  if (added.length + removed.length + roles.size === 0) {
    return { kind: "unknown" };
  }
  return {
    kind: "membership",
    added,
    removed,
    roles,
    ...(members.length === 0 ? {} : { members }),
    ...(bannedUserIds.length === 0 ? {} : { banned: bannedUserIds as UserId[] }),
    ...(unbannedUserIds.length === 0 ? {} : { unbanned: unbannedUserIds as UserId[] }),
  };
}

export function memberFrom({ userId, role, permissions, joinedSeq }: WireMember): Member {
  return { userId: userId as UserId, role: roleFrom(role), permissions, joinedSeq: Number(joinedSeq) };
}

/** Those that are given. */
function settingsFrom({ title, topic, avatarFileId, public: isPublic, slowModeS, messageTtlS, memberPermissions }: WireSettings): Partial<ConversationSettings> {
  return {
    ...(title === undefined ? {} : { title }),
    ...(topic === undefined ? {} : { topic }),
    ...(avatarFileId === undefined ? {} : { avatarFileId: avatarFrom(avatarFileId) }),
    ...(isPublic === undefined ? {} : { isPublic }),
    ...(slowModeS === undefined ? {} : { slowModeS }),
    ...(messageTtlS === undefined ? {} : { messageTtlS }),
    ...(memberPermissions === undefined ? {} : { memberPermissions }),
  };
}

/** For a body in JSON. */
export function settingsTo({ avatarFileId, isPublic, ...others }: Partial<ConversationSettings>) {
  return { ...others, ...(avatarFileId === undefined ? {} : { avatarFileId: avatarFileId ?? "" }), ...(isPublic === undefined ? {} : { public: isPublic }) };
}

export function saidFrom(body: Body | undefined): Said {
  const { text = "", attachments = [], replyTo = 0n, thread = 0n, mentions = [], mentionAll = false, poll, forwarded } = body ?? {};
  return {
    text,
    ...(attachments.length === 0 ? {} : { files: attachments.map(fileFrom) }),
    ...(replyTo === 0n ? {} : { replyTo: Number(replyTo) }),
    ...(thread === 0n ? {} : { thread: Number(thread) }),
    ...(mentions.length === 0 ? {} : { mentions: mentions as UserId[] }),
    ...(mentionAll ? { mentionsAll: true } : {}),
    ...(poll === undefined ? {} : { poll: pollFrom(poll) }),
    ...(forwarded === undefined ? {} : { forwarded: { senderId: forwarded.senderId as UserId, at: timeFrom(forwarded.acceptedAt) } }),
  };
}

/** What of it a client may say: whose copy it is, only the server says. */
export function saidTo({ text, files = [], replyTo = 0, thread = 0, mentions = [], mentionsAll = false, poll }: Said): MessageInitShape<typeof BodySchema> {
  return {
    text,
    attachments: files.map(({ fileId, name }) => ({ fileId, name })),
    replyTo: BigInt(replyTo),
    thread: BigInt(thread),
    mentions: [...mentions],
    mentionAll: mentionsAll,
    ...(poll === undefined ? {} : { poll: { options: [...poll.options], multiple: poll.isMultiple, ...(poll.closesAt === null ? {} : { closesAt: timeTo(poll.closesAt) }) } }),
  };
}

export function timeTo(at: number): MessageInitShape<typeof TimestampSchema> {
  return { seconds: BigInt(Math.trunc(at / 1_000)), nanos: (at % 1_000) * 1_000_000 };
}

function pollFrom({ options, multiple, closesAt }: WirePoll): Poll {
  return { options, isMultiple: multiple, closesAt: closesAt === undefined ? null : timeFrom(closesAt) };
}

export function fileFrom(file: Omit<WireFile, "$typeName">): FileRef {
  const { fileId, name, mediaType, size, width, height, durationMs } = file;
  return { fileId: fileId as FileId, name, mediaType, size: Number(size), width, height, ...(durationMs > 0n ? { durationMs: Number(durationMs) } : {}) };
}

/** Null for one without a title, which no server should send. */
export function linkPreviewFrom({ title, description, siteName, image, imageType, imageWidth, imageHeight }: WireLinkPreview): LinkPreview | null {
  const isPicture = image.length > 0 && /^image\/(?:webp|png|jpeg|gif)$/.test(imageType);
  const url = isPicture ? `data:${imageType};base64,${base64Encode(image)}` : "";
  return title === "" ? null : { title, description, siteName, image: isPicture ? { url, width: imageWidth, height: imageHeight } : null };
}

/** A message without a body is deleted, whether the server says so or not. */
function stateFrom({ body, state }: WireEntry): MessageState {
  return {
    asOfSeq: Number(state?.asOfSeq ?? 0),
    isEdited: (state?.editCount ?? 0) > 0,
    ...(state?.editedAt === undefined ? {} : { editedAt: timeFrom(state.editedAt) }),
    ...(state === undefined || state.deletedBy === "" ? {} : { deletedBy: state.deletedBy as UserId }),
    isDeleted: body === undefined && state?.hidden !== true,
    ...(state?.hidden === true ? { isHidden: true } : {}),
    reactions: (state?.reactions ?? []).map(({ emoji, count, mine, userIds }) => ({ emoji, count, isMine: mine, userIds: userIds as UserId[] })),
    isPinned: state?.pinned ?? false,
    votes: (state?.votes ?? []).map(({ option, count, mine, userIds }) => ({ option, count, isMine: mine, userIds: userIds as UserId[] })),
    voterCount: state?.voterCount ?? 0,
    isClosed: state?.closed ?? false,
    replyCount: state?.replyCount ?? 0,
    ...(state === undefined || state.lastReplySeq === 0n ? {} : { lastReplySeq: Number(state.lastReplySeq) }),
  };
}

/** Null for what changes no message, or changes it in a way that this client does not show. */
function changeFrom({ kind, body, reaction, vote, pin }: WireEntry): Change | null {
  switch (kind) {
    case Entry_Kind.EDIT:
      return body === undefined ? null : { type: "edit", text: body.text, mentions: body.mentions as UserId[] };
    case Entry_Kind.DELETION:
      return { type: "deletion" };
    case Entry_Kind.REACTION:
      return reaction === undefined ? null : { type: "reaction", emoji: reaction.emoji, isRemoved: reaction.removed };
    case Entry_Kind.VOTE:
      return { type: "vote", options: vote?.options ?? [] };
    case Entry_Kind.PIN:
      return { type: "pin", isRemoved: pin?.unpinned ?? false };
    case Entry_Kind.CLOSING:
      return { type: "closing" };
    default:
      return null;
  }
}

/** Null for what is not kept here, or not known. */
function personalFrom({ change }: PersonalChange): Personal | null {
  switch (change.case) {
    case "preferences":
      return { type: "mine", changed: mineFrom(change.value) };
    case "hidden":
      return { type: "hidden", seq: Number(change.value.seq) };
    case "draft":
      return change.value.thread === 0n ? { type: "draft", text: change.value.text } : null;
    default:
      return null;
  }
}

const TOLD: Readonly<Record<number, Told>> = {
  [ConversationPreferences_Notifications.MENTIONS]: "mentions",
  [ConversationPreferences_Notifications.NOTHING]: "nothing",
};

function toldTo(told: Told): ConversationPreferences_Notifications {
  const { ALL, MENTIONS, NOTHING } = ConversationPreferences_Notifications;
  return { all: ALL, mentions: MENTIONS, nothing: NOTHING }[told];
}

/** Those that are given. */
function mineFrom({ mutedUntil, archived, pinPosition, notifications, markedUnread, markedAtReadSeq }: WireMine): Partial<Mine> {
  return {
    ...(notifications === undefined ? {} : { told: TOLD[notifications] ?? "all" }),
    ...(mutedUntil === undefined ? {} : { mutedUntil: timeFrom(mutedUntil) }),
    ...(archived === undefined ? {} : { isArchived: archived }),
    ...(pinPosition === undefined ? {} : { pinPosition }),
    ...(markedUnread === undefined ? {} : { markedAtReadSeq: markedUnread ? Number(markedAtReadSeq ?? 0) : null }),
  };
}

export function mineTo({ mutedUntil, isArchived, pinPosition, told }: Partial<Mine>, isMarkedUnread?: boolean) {
  return {
    ...(told === undefined ? {} : { notifications: toldTo(told) }),
    ...(mutedUntil === undefined ? {} : { mutedUntil: { seconds: BigInt(Math.trunc(mutedUntil / 1_000)), nanos: 0 } }),
    ...(isArchived === undefined ? {} : { archived: isArchived }),
    ...(pinPosition === undefined ? {} : { pinPosition }),
    ...(isMarkedUnread === undefined ? {} : { markedUnread: isMarkedUnread }),
  };
}

export function laterFrom({ conversationId, scheduled }: WaitingMessage): Later | null {
  return scheduled === undefined
    ? null
    : {
        messageId: scheduled.messageId as MessageId,
        conversationId: conversationId as ConversationId,
        text: scheduled.body?.text ?? "",
        said: saidFrom(scheduled.body),
        at: timeFrom(scheduled.deliverAt),
      };
}

export function roleTo(role: Role): Member_Role {
  return { owner: Member_Role.OWNER, admin: Member_Role.ADMIN, member: Member_Role.MEMBER, reader: Member_Role.READER }[role];
}

function roleFrom(role: Member_Role): Role {
  switch (role) {
    case Member_Role.OWNER:
      return "owner";
    case Member_Role.ADMIN:
      return "admin";
    case Member_Role.READER:
      return "reader";
    case Member_Role.MEMBER:
    case Member_Role.ROLE_UNSPECIFIED:
      return "member";
  }
}

/** Null for a summary without a conversation, which no server should send. */
export function summaryFrom(summary: WireSummary): Summary | null {
  return summary.conversation === undefined
    ? null
    : {
        conversation: { ...conversationFrom(summary.conversation), ...((summary.lastEntry?.ordinal ?? 0n) > 0n ? { isUnused: false } : {}) },
        headSeq: Number(summary.headSeq),
        readSeq: Number(summary.readSeq),
        unread: Number(summary.unreadCount),
        mentions: summary.mentionCount,
        lastEntry: summary.lastEntry === undefined ? null : entryFrom(summary.lastEntry),
        ...(summary.membership === undefined ? {} : { me: memberFrom(summary.membership) }),
        ...(summary.preferences === undefined ? {} : { mine: mineFrom(summary.preferences) }),
      };
}

export function headFrom(head: WireHead): Head {
  return {
    conversationId: head.conversationId as ConversationId,
    headSeq: Number(head.headSeq),
    readSeq: Number(head.readSeq),
    unread: Number(head.unreadCount),
    mentions: head.mentionCount,
    ...(head.preferences === undefined ? {} : { mine: mineFrom(head.preferences) }),
  };
}

export function watermarkFrom(watermark: WireWatermark): Watermark {
  return {
    conversationId: watermark.conversationId as ConversationId,
    userId: watermark.userId as UserId,
    deliveredSeq: Number(watermark.deliveredSeq),
    readSeq: Number(watermark.readSeq),
  };
}

const AVAILABILITIES: Readonly<Record<number, Presence["availability"]>> = {
  [Availability.ONLINE]: "online",
  [Availability.AWAY]: "away",
  [Availability.BUSY]: "busy",
  [Availability.OFFLINE]: "offline",
};

export function presenceFrom(presence: WirePresence): Presence {
  return {
    userId: presence.userId as UserId,
    online: presence.online,
    availability: AVAILABILITIES[presence.availability] ?? "unknown",
    status: [presence.statusEmoji, presence.statusText].filter((part) => part !== "").join(" "),
    lastSeenAt: presence.lastSeenAt === undefined ? null : timeFrom(presence.lastSeenAt),
  };
}

const CHOICES: Readonly<Record<number, Status["choice"]>> = {
  [Availability.AWAY]: "away",
  [Availability.BUSY]: "busy",
  [Availability.INVISIBLE]: "invisible",
};
const AUDIENCES: Readonly<Record<number, Privacy["presence"]>> = {
  [Privacy_Audience.DIRECT]: "direct",
  [Privacy_Audience.SHARED]: "shared",
};

export function preferencesFrom(preferences: WirePreferences): Preferences {
  const { status, privacy } = preferences;
  const isOver = status?.expiresAt !== undefined && timeFrom(status.expiresAt) <= Date.now();
  return {
    status:
      status === undefined || isOver
        ? { choice: "online", text: "", emoji: "", endsAt: null }
        : {
            choice: CHOICES[status.availability] ?? "online",
            text: status.text,
            emoji: status.emoji,
            endsAt: status.expiresAt === undefined ? null : timeFrom(status.expiresAt),
          },
    privacy: privacyFrom(privacy),
    blocks: preferences.blocks.map(({ userId, blockedAt }) => ({ userId: userId as UserId, at: timeFrom(blockedAt) })),
  };
}

export function privacyFrom(privacy: WirePrivacy | undefined): Privacy {
  return { presence: AUDIENCES[privacy?.presence ?? Privacy_Audience.NOBODY] ?? "nobody", receipts: privacy?.receipts ?? false };
}

export function statusTo({ choice, text, emoji, endsAt }: Status) {
  const availability = { online: Availability.ONLINE, away: Availability.AWAY, busy: Availability.BUSY, invisible: Availability.INVISIBLE }[choice];
  return { availability, text, emoji, ...(endsAt === null ? {} : { expiresAt: timeTo(endsAt) }) };
}

export function audienceTo(presence: Privacy["presence"]): Privacy_Audience {
  return { nobody: Privacy_Audience.NOBODY, direct: Privacy_Audience.DIRECT, shared: Privacy_Audience.SHARED }[presence];
}

export function pageFrom(page: ListMessagesResponse): Page {
  return { entries: page.entries.map(entryFrom), headSeq: Number(page.headSeq), hasMore: page.hasMore };
}
