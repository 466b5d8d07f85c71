/** The frames of the WebSocket, in both directions. */

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

import type { Part } from "../core/stream";
import type { ConversationId, Entry, Head, MessageId, Preferences, Presence, Said, UserId, Watermark } from "../core/types";
import { Reason } from "../gen/elastic_chat/errors/v1/reason_pb";
import { ClientFrameSchema, ServerFrameSchema } from "../gen/elastic_chat/gateway/v1/frames_pb";
import { durationFrom, entryFrom, headFrom, preferencesFrom, presenceFrom, saidTo, watermarkFrom } from "./wire";

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

export const SUBPROTOCOL = "elastic-chat.v1.proto";
/** If the server does not say how often it wants to hear from us. */
const DEFAULT_HEARTBEAT_MS = 25_000;

export function encode(event: ClientEvent): Uint8Array<ArrayBuffer> {
  return toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: frameOf(event) }));
}

type FrameInit = NonNullable<MessageInitShape<typeof ClientFrameSchema>["frame"]>;

function frameOf(event: ClientEvent): FrameInit {
  switch (event.type) {
    case "hello": {
      const resume = event.resume.map(({ conversationId, seq }) => ({ conversationId, seq: BigInt(seq) }));
      return { case: "hello", value: { accessToken: event.accessToken, resume } };
    }
    case "send": {
      const { messageId, conversationId, said } = event;
      return { case: "send", value: { messageId, conversationId, body: saidTo(said) } };
    }
    case "typing":
      return { case: "typing", value: { conversationId: event.conversationId } };
    case "watermark": {
      const { conversationId, deliveredSeq, readSeq } = event;
      return { case: "watermark", value: { conversationId, deliveredSeq: BigInt(deliveredSeq), readSeq: BigInt(readSeq) } };
    }
    case "subscribe_presence":
      return { case: "subscribePresence", value: { userIds: [...event.userIds] } };
    case "ping":
      return { case: "ping", value: { idle: event.isIdle } };
  }
}

/** Null for a frame that this client does not know: a newer server may send them. Throws if the bytes are no frame at all. */
export function decode(bytes: Uint8Array): ServerEvent | null {
  const { frame } = fromBinary(ServerFrameSchema, bytes);
  switch (frame.case) {
    case "welcome": {
      const { conversations, heartbeat, preferences } = frame.value;
      const heartbeatMs = heartbeat === undefined ? DEFAULT_HEARTBEAT_MS : durationFrom(heartbeat);
      return {
        type: "welcome",
        heads: conversations.map(headFrom),
        heartbeatMs,
        preferences: preferences === undefined ? null : preferencesFrom(preferences),
      };
    }
    case "ack": {
      const { messageId, conversationId, seq } = frame.value;
      return { type: "ack", messageId: messageId as MessageId, conversationId: conversationId as ConversationId, seq: Number(seq) };
    }
    case "entry":
      return { type: "entry", entry: entryFrom(frame.value) };
    case "watermark":
      return { type: "watermark", watermark: watermarkFrom(frame.value) };
    case "typing":
      return { type: "typing", conversationId: frame.value.conversationId as ConversationId, userId: frame.value.userId as UserId };
    case "presence":
      return { type: "presence", presence: presenceFrom(frame.value) };
    case "stalePresence":
      return { type: "stale_presence", askAfterMs: frame.value.askAfter === undefined ? 0 : durationFrom(frame.value.askAfter) };
    case "reject": {
      const { messageId, reason, retryable, retryAfter } = frame.value;
      return {
        type: "reject",
        messageId: messageId === "" ? null : (messageId as MessageId),
        // A newer server may have reasons that this client has no name for.
        reason: (Reason as Readonly<Record<number, string | undefined>>)[reason] ?? "INTERNAL",
        retryable,
        retryAfterMs: retryAfter === undefined ? null : durationFrom(retryAfter),
      };
    }
    case "resync":
      return { type: "resync", conversationId: frame.value.conversationId === "" ? null : (frame.value.conversationId as ConversationId) };
    case "goingAway": {
      const { reconnectAfter } = frame.value;
      return { type: "going_away", reconnectAfterMs: reconnectAfter === undefined ? 0 : durationFrom(reconnectAfter) };
    }
    case "left":
      return { type: "left", conversationId: frame.value.conversationId as ConversationId, seq: Number(frame.value.seq) };
    case "live":
      return { type: "live" };
    case "pong":
      return { type: "pong" };
    case "preferences":
      return { type: "preferences", preferences: preferencesFrom(frame.value) };
    case "delta": {
      const { conversationId, messageId, userId, offset, text } = frame.value;
      const part = { messageId: messageId as MessageId, senderId: userId as UserId, offset, text };
      return { type: "part", conversationId: conversationId as ConversationId, part };
    }
    case undefined:
      return null;
  }
}
