import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";

import { AS_SENT } from "../src/core/fold";
import type { ConversationId } from "../src/core/types";
import { Reason } from "../src/gen/elastic_chat/errors/v1/reason_pb";
import { ClientFrameSchema, ServerFrameSchema } from "../src/gen/elastic_chat/gateway/v1/frames_pb";
import { Conversation_Kind } from "../src/gen/elastic_chat/types/v1/conversation_pb";
import { Entry_Kind } from "../src/gen/elastic_chat/types/v1/entry_pb";
import { Availability, Privacy_Audience } from "../src/gen/elastic_chat/types/v1/presence_pb";
import { type ClientEvent, decode, encode } from "../src/net/frames";
import { errorOf } from "../src/net/errors";
import { id, photo } from "./make";

type ServerFrame = NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>;
const read = (frame: ServerFrame) => decode(toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame })));
const written = (event: ClientEvent) => fromBinary(ClientFrameSchema, encode(event)).frame;
/** A value of an enum that only a newer server has. */
const unheardOf = (value: number) => value as never;
const room = "room" as ConversationId;

describe("what the client says", () => {
  it("is what the contract calls it", () => {
    expect(written({ type: "hello", accessToken: "t", resume: [{ conversationId: room, seq: 2 ** 41 }] })).toMatchObject({
      case: "hello",
      value: { accessToken: "t", resume: [{ conversationId: "room", seq: 2n ** 41n }] },
    });
    expect(written({ type: "send", messageId: id("m"), conversationId: room, said: { text: "hi" } })).toMatchObject({
      case: "send",
      value: { messageId: "m", conversationId: "room", body: { text: "hi" } },
    });
    expect(written({ type: "send", messageId: id("m"), conversationId: room, said: { text: "", files: [photo] } })).toMatchObject({
      value: { body: { attachments: [{ fileId: photo.fileId, name: photo.name, mediaType: "", size: 0n }] } },
    });
    expect(written({ type: "watermark", conversationId: room, deliveredSeq: 3, readSeq: 0 })).toMatchObject({ case: "watermark", value: { deliveredSeq: 3n } });
    expect(written({ type: "ping", isIdle: true })).toMatchObject({ case: "ping", value: { idle: true } });
  });
});

describe("what the server says", () => {
  it("is read with its times and numbers", () => {
    const acceptedAt = { seconds: 1_700_000_000n, nanos: 5_000_000 };
    const body = { text: "hi" };
    const content = { kind: "message", said: { text: "hi" }, state: AS_SENT };
    expect(read({ case: "entry", value: { conversationId: "room", seq: 7n, messageId: "m", senderId: "u", kind: Entry_Kind.MESSAGE, body, acceptedAt } })).toEqual({
      type: "entry",
      entry: { conversationId: "room", seq: 7, messageId: "m", senderId: "u", acceptedAt: 1_700_000_000_005, content },
    });
    expect(read({ case: "goingAway", value: { reconnectAfter: { seconds: 2n, nanos: 500_000_000 } } })).toEqual({ type: "going_away", reconnectAfterMs: 2_500 });
    const seen = { userId: "u", online: true, availability: Availability.BUSY, statusText: "at sea", statusEmoji: "⛵" };
    expect(read({ case: "presence", value: seen })).toMatchObject({ presence: { availability: "busy", status: "⛵ at sea", lastSeenAt: null } });
    const privacy = { presence: Privacy_Audience.DIRECT, receipts: true };
    const decided = (expiresAt?: bigint) =>
      read({
        case: "preferences",
        value: { privacy, blocks: [{ userId: "user-ben", blockedAt: { seconds: 5n } }], status: { availability: Availability.INVISIBLE, text: "x", ...(expiresAt === undefined ? {} : { expiresAt: { seconds: expiresAt } }) } },
      });
    expect(decided()).toEqual({
      type: "preferences",
      preferences: { status: { choice: "invisible", text: "x", emoji: "", endsAt: null }, privacy: { presence: "direct", receipts: true }, blocks: [{ userId: "user-ben", at: 5_000 }] },
    });
    expect(decided(1n)).toMatchObject({ preferences: { status: { choice: "online", text: "" } } });
    expect(read({ case: "stalePresence", value: { askAfter: { seconds: 3n, nanos: 0 } } })).toEqual({ type: "stale_presence", askAfterMs: 3_000 });
  });

  it("tells which files a message has", () => {
    const attachments = [{ ...photo, size: BigInt(photo.size), durationMs: 0n }];
    expect(read({ case: "entry", value: { seq: 7n, kind: Entry_Kind.MESSAGE, body: { text: "", attachments } } })).toMatchObject({
      entry: { content: { kind: "message", said: { text: "", files: [photo] } } },
    });
  });

  it("tells all that a message says, and what has become of it", () => {
    const poll = { options: ["Tea", "Coffee"], multiple: true, closesAt: { seconds: 9n } };
    const forwarded = { senderId: "v", acceptedAt: { seconds: 3n } };
    const votes = [{ option: 1, count: 2, mine: true, userIds: ["u"] }];
    const state = { asOfSeq: 8n, editCount: 2, pinned: true, votes, voterCount: 2, closed: true, replyCount: 4 };
    expect(read({ case: "entry", value: { seq: 7n, kind: Entry_Kind.MESSAGE, body: { text: "?", replyTo: 3n, thread: 2n, poll, forwarded }, state } })).toMatchObject({
      entry: {
        content: {
          said: { text: "?", replyTo: 3, thread: 2, poll: { options: ["Tea", "Coffee"], isMultiple: true, closesAt: 9_000 }, forwarded: { senderId: "v", at: 3_000 } },
          state: { asOfSeq: 8, isEdited: true, isPinned: true, votes: [{ option: 1, count: 2, isMine: true, userIds: ["u"] }], voterCount: 2, isClosed: true, replyCount: 4 },
        },
      },
    });
  });

  it("tells what changes a message", () => {
    const change = (kind: Entry_Kind, more = {}) => read({ case: "entry", value: { seq: 8n, target: 7n, kind, ...more } });
    const told = (type: string, more = {}) => ({ entry: { content: { kind: "change", target: 7, change: { type, ...more } } } });
    expect(change(Entry_Kind.EDIT, { body: { text: "new" } })).toMatchObject(told("edit", { text: "new" }));
    expect(change(Entry_Kind.DELETION)).toMatchObject(told("deletion"));
    expect(change(Entry_Kind.REACTION, { reaction: { emoji: "👍", removed: true } })).toMatchObject(told("reaction", { emoji: "👍", isRemoved: true }));
    expect(change(Entry_Kind.VOTE, { vote: { options: [0, 2] } })).toMatchObject(told("vote", { options: [0, 2] }));
    expect(change(Entry_Kind.PIN, { pin: { unpinned: true } })).toMatchObject(told("pin", { isRemoved: true }));
    expect(change(Entry_Kind.CLOSING)).toMatchObject(told("closing"));
    expect(change(Entry_Kind.EDIT)).toMatchObject({ entry: { content: { kind: "unknown" } } }); // its message is deleted
  });

  it("tells a part of a message that is still being made", () => {
    expect(read({ case: "delta", value: { conversationId: "room", userId: "u", messageId: "m", offset: 5, text: "tea" } })).toEqual({
      type: "part",
      conversationId: "room",
      part: { messageId: "m", senderId: "u", offset: 5, text: "tea" },
    });
  });

  it("tells a created conversation with its members", () => {
    const conversation = { conversationId: "room", kind: Conversation_Kind.GROUP, title: "Walks" };
    const created = { conversation, members: [{ userId: "u" }] };
    expect(read({ case: "entry", value: { seq: 1n, kind: Entry_Kind.CREATED, created } })).toMatchObject({
      entry: { content: { kind: "created", conversation: { kind: "group", title: "Walks" }, memberIds: ["u"] } },
    });
  });

  it("refuses with a reason, also one that this client has no name for", () => {
    expect(read({ case: "reject", value: { messageId: "m", reason: Reason.TEXT_TOO_LONG } })).toMatchObject({ messageId: "m", reason: "TEXT_TOO_LONG", retryAfterMs: null });
    expect(read({ case: "reject", value: { reason: unheardOf(9_999), retryable: true } })).toMatchObject({ messageId: null, reason: "INTERNAL", retryable: true });
  });

  it("keeps the place of an entry that this client does not know, and passes over such a frame", () => {
    expect(read({ case: "entry", value: { seq: 4n, kind: unheardOf(77) } })).toMatchObject({ entry: { seq: 4, content: { kind: "unknown" } } });
    expect(decode(new Uint8Array())).toBeNull();
  });

  it("is refused if it is no frame at all", () => {
    expect(() => decode(new Uint8Array([0xff, 0xff, 0xff]))).toThrow();
  });
});

describe("an error answer", () => {
  it("has the reason of its details, or that of its status", () => {
    const body = { code: 6, message: "taken", details: [{ reason: "USERNAME_TAKEN", domain: "elastic-chat" }] };
    expect(errorOf(409, body)).toMatchObject({ reason: "USERNAME_TAKEN", message: "taken", retryable: false });
    expect(errorOf(401, null)).toMatchObject({ reason: "UNAUTHENTICATED", needsToken: true });
    expect([errorOf(503, "upstream"), errorOf(504, {}), errorOf(429, {})].every(({ retryable }) => retryable)).toBe(true);
  });
});
