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
}

export interface Conversation {
  readonly conversationId: ConversationId;
  readonly kind: "direct" | "group";
  /** Empty for a direct conversation, and for notes to oneself. */
  readonly title: string;
  /** What it is about; empty for none. */
  readonly topic: string;
  readonly creatorId: UserId;
  /** Both members of a direct conversation; empty for a group. */
  readonly memberIds: readonly UserId[];
  /** Whether these are the notes of the user to themselves. */
  readonly isNotes?: boolean;
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
  /** Its text is the question then. */
  readonly poll?: Poll;
  /** Who has said it first, if it is a copy, and when, in Unix milliseconds. */
  readonly forwarded?: { readonly senderId: UserId; readonly at: number };
}

/** What has become of a message, as the server has it up to a seq. */
export interface MessageState {
  readonly asOfSeq: number;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
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
}

/** What becomes of a message by a later entry. */
export type Change =
  | { readonly type: "edit"; readonly text: string }
  | { readonly type: "deletion" }
  | { readonly type: "reaction"; readonly emoji: string; readonly isRemoved: boolean }
  /** For nothing, if it takes back what was voted for before. */
  | { readonly type: "vote"; readonly options: readonly number[] }
  | { readonly type: "pin"; readonly isRemoved: boolean }
  | { readonly type: "closing" };

export type Role = "owner" | "admin" | "member" | "reader";

/** How the user has a conversation for themselves. */
export interface Mine {
  /** Unix milliseconds; 0 if it is not mute. */
  readonly mutedUntil: number;
  readonly isArchived: boolean;
  /** Where it stands above the others, the lowest first; 0 if it does not. */
  readonly pinPosition: number;
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
  | { readonly kind: "created"; readonly conversation: Conversation; readonly memberIds: readonly UserId[] }
  | { readonly kind: "membership"; readonly added: readonly UserId[]; readonly removed: readonly UserId[]; readonly roles: ReadonlyMap<UserId, Role> }
  /** What was set; the rest stays as it was. */
  | { readonly kind: "settings"; readonly changed: Partial<Pick<Conversation, "title" | "topic">>; readonly messageTtlS?: number }
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
  readonly lastEntry: Entry | null;
  readonly mine?: Partial<Mine>;
}

/** Where a conversation is, and where the user is in it. */
export interface Head {
  readonly conversationId: ConversationId;
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly mine?: Partial<Mine>;
}

/** A message that is sent later. */
export interface Later {
  readonly messageId: MessageId;
  readonly conversationId: ConversationId;
  readonly text: string;
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
}

/** What the user lets others know, and others them. */
export interface Privacy {
  readonly presence: "nobody" | "direct" | "shared";
  readonly receipts: boolean;
}

export interface Preferences {
  readonly status: Status;
  readonly privacy: Privacy;
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

/** A part of a log: consecutive entries by rising seq. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly headSeq: number;
  /** Whether there are more in the direction that was asked for. */
  readonly hasMore: boolean;
}
