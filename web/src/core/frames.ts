/** What client and gateway say to each other over a connection. */

import type { Part } from "./stream";
import type { ConversationId, Entry, Head, MessageId, Preferences, Presence, Said, UserId, Watermark } from "./types";

export interface Cursor {
  readonly conversationId: ConversationId;
  readonly seq: number;
}

export type ClientEvent =
  | { readonly type: "hello"; readonly accessToken: string; readonly resume: readonly Cursor[] }
  | {
      readonly type: "send";
      readonly messageId: MessageId;
      readonly conversationId: ConversationId;
      readonly said: Said;
    }
  | { readonly type: "typing"; readonly conversationId: ConversationId }
  | { readonly type: "watermark"; readonly conversationId: ConversationId; readonly deliveredSeq: number; readonly readSeq: number }
  | { readonly type: "subscribe_presence"; readonly userIds: readonly UserId[] }
  /** Whether nobody uses the device. */
  | { readonly type: "ping"; readonly isIdle: boolean };

export type ServerEvent =
  | { readonly type: "welcome"; readonly heads: readonly Head[]; readonly heartbeatMs: number; readonly preferences: Preferences | null }
  | { readonly type: "ack"; readonly messageId: MessageId; readonly conversationId: ConversationId; readonly seq: number }
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "watermark"; readonly watermark: Watermark }
  | { readonly type: "typing"; readonly conversationId: ConversationId; readonly userId: UserId }
  | { readonly type: "part"; readonly conversationId: ConversationId; readonly part: Part }
  | { readonly type: "presence"; readonly presence: Presence }
  | { readonly type: "stale_presence"; readonly askAfterMs: number }
  | { readonly type: "preferences"; readonly preferences: Preferences }
  | {
      readonly type: "reject";
      /** Null if it was no message that was refused. */
      readonly messageId: MessageId | null;
      readonly reason: string;
      readonly retryable: boolean;
      readonly retryAfterMs: number | null;
    }
  /** A null id means every conversation. */
  | { readonly type: "resync"; readonly conversationId: ConversationId | null }
  | { readonly type: "going_away"; readonly reconnectAfterMs: number }
  /** By the entry at `seq`; 0 if that is not known. */
  | { readonly type: "left"; readonly conversationId: ConversationId; readonly seq: number }
  | { readonly type: "live" }
  | { readonly type: "pong" };
