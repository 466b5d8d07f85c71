/** The frames of the WebSocket, in both directions. */

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

import type { ClientEvent, Cursor, ServerEvent } from "../core/frames";
import type { ConversationId, MessageId, UserId } from "../core/types";
import { Reason } from "../gen/elastic_chat/errors/v1/reason_pb";
import { ClientFrameSchema, ServerFrameSchema } from "../gen/elastic_chat/gateway/v1/frames_pb";
import { durationFrom, entryFrom, headFrom, preferencesFrom, presenceFrom, saidTo, watermarkFrom } from "./wire";

export type { ClientEvent, Cursor, ServerEvent };

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
