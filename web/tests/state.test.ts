import { describe, expect, it } from "vitest";

import { AS_SENT } from "../src/core/fold";
import { enqueued } from "../src/core/outbox";
import { PERMISSIONS } from "../src/core/permissions";
import { conversationRows, mayI, namedUsers, peerOf, titleOf, totalUnread, typists, watchedUsers } from "../src/core/select";
import { type Action, type ConversationState, initial, passesAt, type State, update } from "../src/core/state";
import { STREAM_SHOWN_MS } from "../src/core/stream";
import type { ConversationId, Entry, Role, Said, Watermark } from "../src/core/types";
import { ENGLISH } from "./english";
import { ANNA, BEN, created, direct, group, id, ME, member, membership, message, ROOM, saying, summary } from "./make";

const signedIn: Action = { type: "signed_in", userId: ME, outbox: [] };
const listed = (last: Entry, readSeq: number, unread: number, conversation = group): Action => ({
  type: "conversations_listed",
  summaries: [summary(conversation, last, readSeq, unread)],
});
const came = (entry: Entry): Action => ({ type: "entry_came", entry });
const read = (seq: number): Action => ({ type: "read", conversationId: ROOM, seq });
const mark = (userId: Watermark["userId"], deliveredSeq: number, readSeq: number): Action => ({
  type: "watermark_came",
  watermark: { conversationId: ROOM, userId, deliveredSeq, readSeq },
});

function after(...actions: readonly Action[]): State {
  return [signedIn, ...actions].reduce(update, initial);
}

function chat(state: State): ConversationState {
  const found = state.conversations.get(ROOM);
  if (found === undefined) {
    throw new Error("The room is not there.");
  }
  return found;
}

describe("what is unread", () => {
  it("starts at the server's count and grows with what others say", () => {
    expect(chat(after(listed(message(5), 3, 2), came(message(6)))).unread).toBe(3);
  });

  it("does not count the user's own messages, repeats, or who comes and goes", () => {
    const state = after(listed(message(5), 5, 0), came(message(6, ME)), came(membership(7, [BEN], [])), came(message(8)), came(message(8)));
    expect(chat(state).unread).toBe(1);
  });

  it("does not count what waits beyond a hole, until it is closed", () => {
    const holed = after(listed(message(5), 5, 0), came(message(7)));
    expect(chat(holed).unread).toBe(0);
    expect(chat(update(holed, came(message(6)))).unread).toBe(2);
  });

  it("does not count twice what the welcome has counted and resume brings", () => {
    const state = after(listed(message(5), 5, 0), { type: "welcomed", heads: [{ conversationId: ROOM, headSeq: 7, readSeq: 5, unread: 2 }] });
    expect(chat([came(message(6)), came(message(7)), came(message(8))].reduce(update, state)).unread).toBe(3);
  });

  it("is nothing once all is read, here or on another device", () => {
    const state = after(listed(message(5), 3, 2), came(message(6)));
    expect(chat(update(state, read(6))).unread).toBe(0);
    expect(chat(update(state, mark(ME, 6, 6))).unread).toBe(0);
  });

  it("is counted anew when a part is read", () => {
    const state = after(listed(message(5), 5, 0), came(message(6)), came(message(7)), came(message(8, ME)), came(message(9)));
    expect(chat(update(state, read(6))).unread).toBe(2);
  });

  it("never goes back to what was read here before the server knew", () => {
    const state = after(listed(message(5), 3, 2), read(5), { type: "welcomed", heads: [{ conversationId: ROOM, headSeq: 5, readSeq: 3, unread: 2 }] });
    expect(chat(state)).toMatchObject({ readSeq: 5, unread: 0 });
  });

  it("is summed up over all conversations", () => {
    expect(totalUnread(after(listed(message(5), 3, 2)))).toBe(2);
  });
});

describe("conversations", () => {
  it("begin with the entry that created them", () => {
    const state = after(came(created(group, [ME, ANNA])));
    expect(chat(state)).toMatchObject({ members: [ME, ANNA], log: { tail: 1, complete: true } });
  });

  it("are not made from the middle of a log", () => {
    expect(after(came(message(4))).conversations.size).toBe(0);
  });

  it("know who comes and goes", () => {
    const members: Action = { type: "members_listed", conversationId: ROOM, members: [member(ME), member(ANNA)], watermarks: [] };
    expect(chat(after(listed(message(5), 5, 0), members, came(membership(6, [BEN], [ANNA])))).members).toEqual([ME, BEN]);
  });

  it("is called what it was called last, and keeps what was not set", () => {
    const set = (seq: number, changed: { title?: string; topic?: string }): Entry => ({ ...message(seq), content: { kind: "settings", changed } });
    const { conversation } = chat(after(listed(message(5), 5, 0), came(set(6, { topic: "green" })), came(set(7, { title: "Tea" }))));
    expect([conversation.title, conversation.topic]).toEqual(["Tea", "green"]);
  });

  it("go when the user has left, or is gone from them at the next welcome", () => {
    const open = after(listed(message(5), 5, 0), { type: "opened", conversationId: ROOM });
    for (const action of [{ type: "left", conversationId: ROOM, seq: 6 }, { type: "left", conversationId: ROOM, seq: 0 }, { type: "welcomed", heads: [] }] as const) {
      expect(update(open, action)).toMatchObject({ conversations: new Map(), opened: null });
    }
  });

  it("stay when the user has left them, and was let in again since", () => {
    const open = after(listed(message(5), 5, 0), { type: "opened", conversationId: ROOM });
    expect(update(open, { type: "left", conversationId: ROOM, seq: 4 })).toBe(open);
  });

  it("keep the newest first, also by what is on its way", () => {
    const other = { ...group, conversationId: "other" as ConversationId };
    const last = { ...message(9), conversationId: other.conversationId };
    const two: Action = { type: "conversations_listed", summaries: [summary(group, message(5), 5, 0), summary(other, last, 9, 0)] };
    expect(conversationRows(after(two)).map(({ chat: { conversation } }) => conversation.conversationId)).toEqual(["other", ROOM]);
    const sending: Action = { type: "outbox_changed", outbox: enqueued([], id("x"), ROOM, { text: "x" }, 99_000) };
    expect(conversationRows(after(two, sending))[0]?.pending?.said.text).toBe("x");
  });

  it("are called as their other member is", () => {
    const users: Action = { type: "users_found", users: [{ userId: ANNA, username: "anna", displayName: "Anna A." }] };
    expect(titleOf(after(users), direct, ENGLISH)).toBe("Anna A.");
    expect(titleOf(after(), direct, ENGLISH)).toBe("…");
    expect(titleOf(after(users), group, ENGLISH)).toBe("Walks");
    expect(peerOf(group, ME)).toBeNull();
  });
});

describe("what is sent", () => {
  const sending: Action = { type: "outbox_changed", outbox: enqueued([], id("m6"), ROOM, { text: "hi" }, 0) };

  it("leaves the outbox when its entry comes, whether the ack came before or comes after", () => {
    const acked: Action = { type: "acked", messageId: id("m6"), conversationId: ROOM, seq: 6 };
    const state = after(listed(message(5), 5, 0), sending);
    const ackFirst = update(state, acked);
    expect(ackFirst.outbox[0]?.delivery.state).toBe("accepted");
    expect(update(ackFirst, came(message(6, ME))).outbox).toEqual([]);
    expect(update(update(state, came(message(6, ME))), acked).outbox).toEqual([]);
  });

  it("leaves the outbox when a page brings it", () => {
    const page = { entries: [message(6, ME)], headSeq: 6, hasMore: false };
    expect(after(listed(message(5), 5, 0), sending, { type: "newer_came", conversationId: ROOM, after: 5, page }).outbox).toEqual([]);
  });

  it("is forgotten at the end of the session", () => {
    expect(update(after(sending), { type: "signed_out", notice: null })).toEqual({ ...initial, session: { status: "anonymous", notice: null } });
  });
});

describe("others", () => {
  it("never un-read", () => {
    const state = after(listed(message(9), 9, 0), mark(ANNA, 8, 7), mark(ANNA, 5, 3));
    expect(chat(state).watermarks.get(ANNA)).toMatchObject({ deliveredSeq: 8, readSeq: 7 });
  });

  it("stop typing by saying something, or after a while", () => {
    const typing: Action = { type: "typing_came", conversationId: ROOM, userId: ANNA, until: 5_000 };
    const state = after(listed(message(5), 5, 0), typing, { ...typing, userId: BEN, until: 9_000 });
    expect(typists(state, ROOM)).toEqual([ANNA, BEN]);
    expect(typists(update(state, came(message(6, ANNA))), ROOM)).toEqual([BEN]);
    expect(typists(update(state, { type: "time_passed", now: 5_000 }), ROOM)).toEqual([BEN]);
  });

  it("show what they are making until it is said, or for a while, and not again after that", () => {
    const part = (offset: number, text: string): Action => ({ type: "part_came", conversationId: ROOM, part: { messageId: id("m6"), senderId: ANNA, offset, text }, now: 1_000 });
    const state = after(listed(message(5), 5, 0), part(0, "Once"), part(4, " upon"));
    expect(chat(state).streams.map(({ text }) => text)).toEqual(["Once upon"]);
    expect(passesAt(state)).toBe(1_000 + STREAM_SHOWN_MS);
    const said = after(listed(message(5), 5, 0), part(0, "Once"), came(message(6, ANNA)), part(4, " upon"), part(0, "Once"));
    expect([chat(said).streams, passesAt(said)]).toEqual([[], null]);
    expect(chat(update(state, { type: "time_passed", now: 1_000 + STREAM_SHOWN_MS })).streams).toEqual([]);
  });

  it("are counted as the server counts them, once it was asked", () => {
    const said = (text: string, asOfSeq: number): Entry => ({ ...message(5), content: { kind: "message", said: { text }, state: { ...AS_SENT, asOfSeq } } });
    const renewed = (text: string, asOfSeq: number): Action => ({ type: "message_renewed", entry: said(text, asOfSeq) });
    const state = after(listed(said("old", 5), 5, 0), renewed("new", 9), renewed("older", 8));
    expect(chat(state).log.entries).toEqual([said("new", 9)]);
    expect(update(state, { type: "message_renewed", entry: message(4) })).toEqual(state);
  });

  it("are watched if they are on the screen, and named if they are spoken of", () => {
    const state = after(listed(message(5), 5, 0, direct), came(membership(6, [], [BEN])));
    expect(watchedUsers(state)).toEqual([ANNA]);
    expect([...namedUsers(state)].sort()).toEqual([ANNA, BEN, ME].sort());
  });
});

describe("the line “new”", () => {
  const open: Action = { type: "opened", conversationId: ROOM };

  it("stands where the user had stopped reading, and stays there", () => {
    expect(after(listed(message(5), 3, 2), open, read(5)).opened).toEqual({ conversationId: ROOM, newAfterSeq: 3 });
    expect(after(listed(message(5), 5, 0), open).opened).toEqual({ conversationId: ROOM, newAfterSeq: null });
  });

  it("is found as well when the conversation is opened before it is known", () => {
    expect(after(open, listed(message(5), 3, 2)).opened?.newAfterSeq).toBe(3);
  });
});

describe("what the user is in a conversation", () => {
  const roles = (seq: number, role: Role, permissions: number): Action =>
    came({ ...message(seq), content: { kind: "membership", added: [], removed: [], roles: new Map([[ME, role]]), members: [{ ...member(ME, role, permissions), joinedSeq: 0 }] } });

  it("is known from the list, follows what is made of them, and stays where they came in", () => {
    const known: Action = { type: "conversation_found", summary: { ...summary(group, message(5), 5, 0), me: { ...member(ME, "member", 3), joinedSeq: 2 } } };
    const state = after(known, roles(6, "admin", 511));
    expect(chat(state).me).toEqual({ userId: ME, role: "admin", permissions: 511, joinedSeq: 2 });
    expect([mayI(chat(after(known)), "pin"), mayI(chat(state), "pin"), mayI(chat(state), "handOver")]).toEqual([false, true, false]);
    expect(chat(state).roles.get(ME)).toBe("admin");
  });

  it("lets members do what the conversation lets its members do, and nobody else", () => {
    const set: Action = came({ ...message(6), content: { kind: "settings", changed: { memberPermissions: PERMISSIONS.read | PERMISSIONS.pin } } });
    const known = (role: Role): Action => ({ type: "conversation_found", summary: { ...summary(group, message(5), 5, 0), me: member(ME, role, 3) } });
    const asked = (role: Role) => (["pin", "write"] as const).map((permission) => mayI(chat(after(known(role), set)), permission));
    expect([asked("member"), asked("reader"), mayI(chat(after(listed(message(5), 5, 0))), "read")]).toEqual([[true, false], [false, true], false]);
  });

  it("counts what mentions them or everyone, until it is read", () => {
    const calls = (seq: number, said: Partial<Said>): Action => came(saying(seq, said));
    const state = after(listed(message(5), 5, 0), calls(6, { mentions: [ME] }), calls(7, { mentions: [BEN] }), calls(8, { mentionsAll: true }), came(saying(9, { mentionsAll: true }, ME)));
    expect([chat(state).unread, chat(state).mentions]).toEqual([3, 2]);
    expect([chat(update(state, read(6))).mentions, chat(update(state, read(9))).mentions]).toEqual([1, 0]);
    const told = update(state, { type: "welcomed", heads: [{ conversationId: ROOM, headSeq: 9, readSeq: 5, unread: 3, mentions: 7 }] });
    expect(chat(told).mentions).toBe(7);
  });
});
