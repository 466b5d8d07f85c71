import { describe, expect, it } from "vitest";

import { enqueued } from "../src/core/outbox";
import { initial, update } from "../src/core/state";
import { barOf, waitsUntil } from "../src/core/writing";
import { ANNA, chatIn, group, id, ME, member, message, ROOM, summary } from "./make";
import type { Conversation, Entry, Member } from "../src/core/types";

function chatOf(me: Member | null, conversation: Conversation, ...entries: readonly Entry[]) {
  const summed = { ...summary(conversation, message(1), 1, 0), ...(me === null ? {} : { me }) };
  const listed = update(update(initial, { type: "signed_in", userId: ME, outbox: [] }), { type: "conversations_listed", summaries: [summed] });
  return chatIn(entries.reduce((state, entry) => update(state, { type: "entry_came", entry }), listed));
}

describe("whether one may write", () => {
  it("is open until the server has said it", () => {
    expect(barOf(chatOf(null, group))).toBeNull();
    expect(barOf(chatOf(member(ME), group))).toBeNull();
  });

  it("says why not", () => {
    expect(barOf(chatOf(member(ME, "reader", 1), { ...group, kind: "channel" }))).toBe("channel");
    expect(barOf(chatOf(member(ME, "reader", 1), group))).toBe("reader");
    expect(barOf(chatOf(member(ME), { ...group, memberPermissions: 1 }))).toBe("members");
  });
});

describe("slow mode", () => {
  const SLOW = { ...group, slowModeS: 30 };

  it("lets one wait from one's last message on, one that is on its way, too", () => {
    const chat = chatOf(member(ME), SLOW, message(2, ME, "one", 10_000), message(3, ANNA, "other", 20_000));
    expect(waitsUntil(chat, [], ME)).toBe(40_000);
    expect(waitsUntil(chat, enqueued([], id("x"), ROOM, { text: "two" }, 50_000), ME)).toBe(80_000);
  });

  it("is nothing to who moderates, has written nothing, or is elsewhere", () => {
    const mine = message(2, ME, "one", 10_000);
    expect(waitsUntil(chatOf(member(ME, "admin", 2 + 128), SLOW, mine), [], ME)).toBe(0);
    expect(waitsUntil(chatOf(member(ME), SLOW), [], ME)).toBe(0);
    expect(waitsUntil(chatOf(member(ME), group, mine), [], ME)).toBe(0);
  });

  it("does not count what was refused", () => {
    const outbox = enqueued([], id("x"), ROOM, { text: "two" }, 50_000).map((item) => ({ ...item, delivery: { state: "failed", reason: "BLOCKED" } }) as const);
    expect(waitsUntil(chatOf(member(ME), SLOW), outbox, ME)).toBe(0);
  });
});
