/** What the client thinks in. The wire's messages are turned into these at the edge (net/wire.ts) and nowhere else. */

export type UserId = string & { readonly brand: "UserId" };
export type ConversationId = string & { readonly brand: "ConversationId" };
export type MessageId = string & { readonly brand: "MessageId" };
export type FileId = string & { readonly brand: "FileId" };

export interface User {
  readonly userId: UserId;
  readonly username: string;
  /** Null for one who is no more. */
  readonly displayName: string | null;
  /** Whether it is a program. */
  readonly isBot?: boolean;
  /** Their picture, if they have one. */
  readonly avatarFileId?: FileId;
}

/** What a user can change of how others see them; what is not there stays as it is. */
export interface Profile {
  /** Empty for the user name. */
  readonly displayName?: string;
  /** Null for no picture. */
  readonly avatarFileId?: FileId | null;
}

/** What those who may can set of a conversation. */
export interface ConversationSettings {
  readonly title: string;
  /** What it is about; empty for none. */
  readonly topic: string;
  /** The picture that shows it; null for none. */
  readonly avatarFileId: FileId | null;
  /** Whether everyone finds it in the directory, and may join. */
  readonly isPublic: boolean;
  /** Seconds that a member must wait between two messages; 0 for none. */
  readonly slowModeS: number;
  /** Seconds after which messages disappear; 0 if they do not. */
  readonly messageTtlS: number;
  /** What members may do, as bits of permissions.ts; 0 if it is what that role gives everywhere. */
  readonly memberPermissions: number;
}

/** "notes": what the user writes to themselves. In a channel few write to many. */
export type ConversationKind = "direct" | "group" | "channel" | "notes";

/** The title is empty for a direct conversation, and for notes to oneself. */
export interface Conversation extends ConversationSettings {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  readonly creatorId: UserId;
  /** Both members of a direct conversation, or the one of notes; empty for a group or channel. */
  readonly memberIds: readonly UserId[];
  /** Whether these are notes to oneself in which nothing is written, as they come to be when the user sets something. */
  readonly isUnused?: boolean;
}

/** A file that comes with a message, as the server tells of it. */
export interface FileRef {
  readonly fileId: FileId;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** Pixels; 0 for what is neither image nor film. */
  readonly width: number;
  readonly height: number;
  /** How long a recording or a film is, in milliseconds. */
  readonly durationMs?: number;
}

/** What a link leads to, as its page says; empty where it does not. */
export interface LinkPreview {
  readonly title: string;
  readonly description: string;
  readonly siteName: string;
  /** The picture as an address that holds it, and its size in pixels. */
  readonly image: { readonly url: string; readonly width: number; readonly height: number } | null;
}

/** Who reacts to a message with an emoji. */
export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  readonly isMine: boolean;
  /** Those whom the server names: the first of them. */
  readonly userIds: readonly UserId[];
}

/** What is asked of everyone in a conversation. */
export interface Poll {
  readonly options: readonly string[];
  /** Whether one can vote for several at once. */
  readonly isMultiple: boolean;
  /** Unix milliseconds; null if only its sender closes it. */
  readonly closesAt: number | null;
}

/** Who votes for an option of a poll. */
export interface Votes {
  /** Its place in the list. */
  readonly option: number;
  readonly count: number;
  readonly isMine: boolean;
  /** Those whom the server names: the first of them. */
  readonly userIds: readonly UserId[];
}

/** What a message says: all that its sender has sent. */
export interface Said {
  readonly text: string;
  readonly files?: readonly FileRef[];
  /** The seq of the message that it answers. */
  readonly replyTo?: number;
  /** The seq of the message that started the thread that it is in. */
  readonly thread?: number;
  /** Whom the text mentions, at most 100. */
  readonly mentions?: readonly UserId[];
  /** Whether it mentions everyone in the conversation. */
  readonly mentionsAll?: boolean;
  /** Its text is the question then. */
  readonly poll?: Poll;
  /** Who has said it first, if it is a copy, and when, in Unix milliseconds. */
  readonly forwarded?: { readonly senderId: UserId; readonly at: number };
}

/** What has become of a message, as the server has it up to a seq. */
export interface MessageState {
  readonly asOfSeq: number;
  readonly isEdited: boolean;
  /** When it was edited last, in Unix milliseconds, if history told. */
  readonly editedAt?: number;
  readonly isDeleted: boolean;
  /** Who has deleted it, if history told: its sender, or a moderator. */
  readonly deletedBy?: UserId;
  /** Whether the user has hidden it: it is not shown, and says nothing. */
  readonly isHidden?: boolean;
  readonly reactions: readonly Reaction[];
  readonly isPinned: boolean;
  /** By rising option; those that nobody votes for are left out. */
  readonly votes: readonly Votes[];
  readonly voterCount: number;
  /** Whether its sender has closed the poll. */
  readonly isClosed: boolean;
  /** How many messages its thread has beside it. */
  readonly replyCount: number;
  /** The newest of them, if history told. */
  readonly lastReplySeq?: number;
}

/** What a message said for a while. */
export interface Wording {
  /** The entry that says so: the message itself, or an edit. */
  readonly seq: number;
  readonly said: Said;
  /** Since when, in Unix milliseconds. */
  readonly at: number;
}

/** What becomes of a message by a later entry. */
export type Change =
  /** An edit without mentions mentions nobody any more. */
  | { readonly type: "edit"; readonly text: string; readonly mentions?: readonly UserId[] }
  | { readonly type: "deletion" }
  | { readonly type: "reaction"; readonly emoji: string; readonly isRemoved: boolean }
  /** For nothing, if it takes back what was voted for before. */
  | { readonly type: "vote"; readonly options: readonly number[] }
  | { readonly type: "pin"; readonly isRemoved: boolean }
  | { readonly type: "closing" };

export type Role = "owner" | "admin" | "member" | "reader";

/** A user in a conversation. */
export interface Member {
  readonly userId: UserId;
  readonly role: Role;
  /** A sum of the bits of permissions.ts, as their role gives them. */
  readonly permissions: number;
  /** The entry that let them in: they see nothing from before it. 0 where that is not told. */
  readonly joinedSeq: number;
}

/** Which messages of a conversation the user's devices tell of. */
export type Told = "all" | "mentions" | "nothing";

/** How the user has a conversation for themselves. */
export interface Mine {
  /** Unix milliseconds; 0 if it is not mute. */
  readonly mutedUntil: number;
  readonly isArchived: boolean;
  /** Where it stands above the others, the lowest first; 0 if it does not. */
  readonly pinPosition: number;
  readonly told: Told;
  /** What was read when it was marked as unread: it is so for as long as that is what is read. Null if it is not. */
  readonly markedAtReadSeq: number | null;
}

/** What the user has changed that concerns only them, of a conversation. */
export type Personal =
  | { readonly type: "mine"; readonly changed: Partial<Mine> }
  | { readonly type: "hidden"; readonly seq: number }
  | { readonly type: "draft"; readonly text: string };

export type Content =
  | { readonly kind: "message"; readonly said: Said; readonly state?: MessageState }
  | { readonly kind: "change"; readonly target: number; readonly change: Change }
  | { readonly kind: "created"; readonly conversation: Conversation; readonly memberIds: readonly UserId[]; readonly members?: readonly Member[] }
  | {
      readonly kind: "membership";
      readonly added: readonly UserId[];
      readonly removed: readonly UserId[];
      readonly roles: ReadonlyMap<UserId, Role>;
      /** Those who were added and those with another role, as they are now. */
      readonly members?: readonly Member[];
      readonly banned?: readonly UserId[];
      readonly unbanned?: readonly UserId[];
    }
  /** What was set; the rest stays as it was. */
  | { readonly kind: "settings"; readonly changed: Partial<ConversationSettings> }
  /** What concerns only the user, of the conversation `about`. Only in notes to oneself, and not shown there. */
  | { readonly kind: "personal"; readonly about: ConversationId; readonly personal: Personal }
  /** From a newer server, expired, or nothing to show. It keeps its place in the log and is not shown. */
  | { readonly kind: "unknown" };

/** One step of a conversation's log. A seq fits a number: it stays under 2^53 for the next 275,000 years. */
export interface Entry {
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly messageId: MessageId;
  readonly senderId: UserId;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** When it disappears, in Unix milliseconds; not there if it does not. */
  readonly expiresAt?: number;
  readonly content: Content;
}

/** A conversation as the server sums it up for one of its members. */
export interface Summary {
  readonly conversation: Conversation;
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  /** How many of the unread messages mention the user, or everyone; 100 if it is more. */
  readonly mentions?: number;
  readonly lastEntry: Entry | null;
  /** The user as a member; what members may do here is in `permissions` already. */
  readonly me?: Member;
  readonly mine?: Partial<Mine>;
}

/** Where a conversation is, and where the user is in it. */
export interface Head {
  readonly conversationId: ConversationId;
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions?: number;
  readonly mine?: Partial<Mine>;
}

/** A message that is sent later. */
export interface Later {
  readonly messageId: MessageId;
  readonly conversationId: ConversationId;
  readonly text: string;
  readonly said: Said;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface Watermark {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** How somebody is; "unknown" if one of the two does not let the other know. */
export type Availability = "unknown" | "online" | "away" | "busy" | "offline";

/** What the user wants to be seen as. */
export interface Status {
  readonly choice: "online" | "away" | "busy" | "invisible";
  readonly text: string;
  readonly emoji: string;
  /** When all of this ends, in Unix milliseconds; null if it does not. */
  readonly endsAt: number | null;
}

/** What the user lets others know, and others them. */
export interface Privacy {
  readonly presence: "nobody" | "direct" | "shared";
  readonly receipts: boolean;
}

/** Somebody whom the user has blocked. */
export interface Block {
  readonly userId: UserId;
  /** Since when, in Unix milliseconds. */
  readonly at: number;
}

export interface Preferences {
  readonly status: Status;
  readonly privacy: Privacy;
  /** The newest last. */
  readonly blocks: readonly Block[];
}

export interface Presence {
  readonly userId: UserId;
  readonly online: boolean;
  readonly availability: Availability;
  /** The emoji and the text that they have chosen; empty if none. */
  readonly status: string;
  /** Unix milliseconds, if the server knows. */
  readonly lastSeenAt: number | null;
}

/** An invite to a conversation. Its code is told only to who makes it. */
export interface Invite {
  readonly inviteId: string;
  readonly createdBy: UserId;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** How often it may be used; 0 for as often as one likes. */
  readonly maxUses: number;
  readonly uses: number;
}

/** A user who may not come into a conversation. */
export interface Ban {
  readonly userId: UserId;
  readonly bannedBy: UserId;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A conversation as the directory has it. */
export interface PublicConversation {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string;
  readonly topic: string;
  readonly avatarFileId: FileId | null;
}

/** Whom a message has reached, of those who were there when it was sent, without the user. */
export interface Receipts {
  readonly readBy: readonly UserId[];
  /** Those who have it on a device and have not read it. */
  readonly deliveredTo: readonly UserId[];
}

/** A login of the user. */
export interface LoginSession {
  readonly sessionId: string;
  /** What the device was called at the login; may be empty. */
  readonly device: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly isCurrent: boolean;
}

/** When the user's devices are told of nothing: every day from one minute to another, over midnight if it ends at an earlier one. */
export interface QuietHours {
  /** Minutes after midnight. */
  readonly beginsMinute: number;
  readonly endsMinute: number;
  /** Such as Europe/Berlin. */
  readonly timeZone: string;
}

/** A device that is told of messages. */
export interface PushDevice {
  readonly subscriptionId: string;
  readonly sessionId: string;
  /** Such as "https://push.example.com". */
  readonly pushService: string;
  readonly showsText: boolean;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** Which text of a message something was found in: its own, the name of a file, or an option of its poll. */
export type FoundIn = "text" | "file" | "option";

/** What of a message was looked for. */
export interface Highlight {
  readonly in: FoundIn;
  /** Which file or option, from 0. */
  readonly index: number;
  /** From where to where, as `slice` counts. */
  readonly start: number;
  readonly end: number;
}

/** A message that was found, as it was then. */
export interface Found {
  readonly entry: Entry;
  readonly highlights: readonly Highlight[];
  /** The part of its text to show where not all of it is; null if it has none. */
  readonly snippet: { readonly start: number; readonly end: number } | null;
}

/** A part of what was found, the newest first. */
export interface FoundPage extends Listed<Found> {
  /** Whether something may be missing, because not everything could be looked through just now. */
  readonly isIncomplete: boolean;
}

/** Why something is reported. */
export const REPORT_CATEGORIES = ["spam", "harassment", "hate", "violence", "sexual", "self_harm", "illegal", "other"] as const;
export type ReportCategory = (typeof REPORT_CATEGORIES)[number];

/** What is reported: a message, a conversation, or a user. */
export type Reported =
  | { readonly conversationId: ConversationId; readonly seq?: number }
  | { readonly userId: UserId };

/** That a user may not log in for some time. */
export interface Suspension {
  /** When it ends by itself, in Unix milliseconds. */
  readonly endsAt: number;
  /** Why, as the user is told. */
  readonly reason: string;
}

/** A user as administrators see them. */
export interface Account {
  readonly user: User;
  readonly isAdmin: boolean;
  readonly isDisabled: boolean;
  /** Null if they are not suspended. */
  readonly suspension: Suspension | null;
}

/** How far a report is: nobody looks into it, somebody does, or something was done. */
export type ReportState = "open" | "taken" | "resolved";

/** What is done about a report. */
export type ReportAction = "dismiss" | "delete_message" | "suspend_user" | "remove_from_conversation";

/** Who has done something as an administrator: a user, or the operator, who needs no account. */
export type Handler = UserId | "operator";

/** Something that was reported, as administrators see it. */
export interface Report {
  readonly reportId: string;
  readonly reporterId: UserId;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Null if it is about a user alone. */
  readonly conversationId: ConversationId | null;
  /** The message; null if it is about none. */
  readonly seq: number | null;
  /** Who is reported, or has sent the message; null if it is about a conversation. */
  readonly userId: UserId | null;
  readonly category: ReportCategory;
  readonly words: string;
  /** The message as it was then, and what stood around it. */
  readonly entries: readonly Entry[];
  readonly state: ReportState;
  /** Who looks into it, or has done something about it; null if nobody does. */
  readonly handledBy: Handler | null;
  readonly handledAt: number;
  /** Null if nothing was done yet. */
  readonly action: ReportAction | null;
  readonly note: string;
}

/** A call of a method for administrators. */
export interface AuditEntry {
  readonly entryId: string;
  /** Unix milliseconds. */
  readonly calledAt: number;
  readonly callerId: Handler;
  /** Such as "DisableUser". */
  readonly method: string;
  /** The id of whom or what it is about; empty if it is about nothing. */
  readonly subject: string;
  /** What else was asked for, as JSON. */
  readonly details: string;
  /** Empty for the operator. */
  readonly address: string;
  /** "OK", or why it was refused; empty if nobody knows. */
  readonly outcome: string;
}

/** What lets somebody register, without its code. */
export interface AccountInvite {
  readonly inviteId: string;
  /** Null if the operator made it. */
  readonly createdBy: UserId | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** By which a bot comes in, without its secret. */
export interface ServiceToken {
  readonly tokenId: string;
  readonly name: string;
  /** Null if the operator made it. */
  readonly createdBy: UserId | null;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Null if it never was used. */
  readonly lastUsedAt: number | null;
}

/** What the user has uploaded, the newest first. */
export interface Uploads {
  readonly files: readonly FileRef[];
  readonly hasMore: boolean;
  /** Bytes of all of them, and how many there may be. */
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** What the code of an invite leads to. */
export interface InvitePreview {
  readonly conversation: Conversation;
  readonly memberCount: number;
  /** Whether the user is a member already. */
  readonly isJoined: boolean;
}

/** A part of what hangs on a message: its thread, or what it has said. */
export interface Slice<T> {
  /** By rising seq. */
  readonly items: readonly T[];
  /** Whether there are more in the direction that was asked for. */
  readonly hasMore: boolean;
}

/** A part of a list that has more if `next` is not empty. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** What to ask for the next part with; empty if this was the last. */
  readonly next: string;
}

/** A part of a log: consecutive entries by rising seq. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly headSeq: number;
  /** Whether there are more in the direction that was asked for. */
  readonly hasMore: boolean;
}
