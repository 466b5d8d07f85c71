import { describe, expect, it } from "vitest";

import { enqueued, refused, started } from "../src/core/outbox";
import { type MessageRow, type Row, timeline, type TimelineInput, timelines } from "../src/core/timeline";
import type { Entry } from "../src/core/types";
import { ANNA, BEN, changing, created, group, id, ME, membership, message, photo, ROOM, saying } from "./make";

const MINUTE = 60_000;
const NOON = new Date(2026, 4, 10, 12).getTime();

const rowsOf = (entries: readonly Entry[], input: Partial<TimelineInput> = {}) =>
  timeline({ entries, pending: [], streams: [], me: ME, peer: null, newAfterSeq: null, ...input });
const messages = (rows: readonly Row[]) => rows.filter((row): row is MessageRow => row.type === "message");
const at = (seq: number, time: number, sender = ANNA) => message(seq, sender, `text ${seq}`, time);

describe("the timeline", () => {
  it("begins each day with its name", () => {
    const rows = rowsOf([at(1, NOON), at(2, NOON + MINUTE), at(3, NOON + 24 * 60 * MINUTE)]);
    expect(rows.map(({ type }) => type)).toEqual(["day", "message", "message", "day", "message"]);
  });

  it("groups what one person says within five minutes", () => {
    const rows = messages(rowsOf([at(1, NOON), at(2, NOON + MINUTE), at(3, NOON + 2 * MINUTE, BEN), at(4, NOON + 3 * MINUTE, BEN), at(5, NOON + 8 * MINUTE, BEN)]));
    expect(rows.map(({ startsGroup, endsGroup }) => [startsGroup, endsGroup])).toEqual([
      [true, false],
      [false, true],
      [true, false],
      [false, true],
      [true, true],
    ]);
  });

  it("does not group across a line between", () => {
    const rows = messages(rowsOf([at(1, NOON), { ...membership(2, [BEN], []), acceptedAt: NOON }, at(3, NOON)]));
    expect(rows.every(({ startsGroup, endsGroup }) => startsGroup && endsGroup)).toBe(true);
  });

  it("shows how a conversation began, and leaves out what it does not know", () => {
    const rows = rowsOf([created(group, [ME]), { ...message(2), content: { kind: "unknown" } }]);
    expect(rows.map(({ type }) => type)).toEqual(["day", "system"]);
  });

  it("tells how far the user's own messages have got", () => {
    const entries = [1, 2, 3].map((seq) => message(seq, ME));
    const peer = { conversationId: ROOM, userId: ANNA, deliveredSeq: 2, readSeq: 1 };
    expect(messages(rowsOf(entries, { peer })).map(({ status }) => status)).toEqual(["seen", "delivered", "sent"]);
    expect(messages(rowsOf([...entries, message(4)])).map(({ status }) => status)).toEqual(["sent", "sent", "sent", null]);
  });

  it("shows what is on its way at the end, in a row that stays the same", () => {
    const sending = enqueued([], id("m2"), ROOM, { text: "text 2", files: [photo] }, 2_000);
    const before = messages(rowsOf([message(1)], { pending: sending }));
    expect(before.map(({ key, status }) => [key, status])).toEqual([
      ["m1", null],
      ["m2", "sending"],
    ]);
    expect(before[1]?.shown.files).toEqual([photo]);
    expect(messages(rowsOf([message(1), message(2, ME)])).map(({ key }) => key)).toEqual(["m1", "m2"]);
    const failed = refused(started(sending, id("m2"), 0), id("m2"), { reason: "TEXT_TOO_LONG", retryable: false, retryAfterMs: null }, 0, 0);
    expect(messages(rowsOf([], { pending: failed }))[0]).toMatchObject({ status: "failed", failure: "TEXT_TOO_LONG" });
  });

  it("shows what a message answers: that, or else what its thread is about, as it is now", () => {
    const entries = [message(1), saying(2, { thread: 1 }), saying(3, { thread: 1, replyTo: 2 }), changing(4, { type: "edit", text: "better" }, ANNA, 2), saying(5, { replyTo: -1 })];
    expect(messages(rowsOf(entries)).map(({ quote }) => quote && [quote.of?.said.text, quote.isThread])).toEqual([
      null,
      ["text 1", true],
      ["better", false],
      [undefined, false],
    ]);
    expect(messages(rowsOf(entries))[0]?.shown.replyCount).toBe(2);
  });

  it("shows what others are making between what was said and what is on its way, in a row that stays the same", () => {
    const streams = [{ messageId: id("m2"), senderId: BEN, text: "Once", size: 4, begunAt: 2_000, until: 9_000 }];
    const pending = enqueued([], id("m9"), ROOM, { text: "mine" }, 3_000);
    const growing = messages(rowsOf([message(1)], { streams, pending }));
    expect(growing.map(({ key, senderId, isGrowing, status, shown }) => [key, senderId, isGrowing, status, shown.text])).toEqual([
      ["m1", ANNA, false, null, "text 1"],
      ["m2", BEN, true, null, "Once"],
      ["m9", ME, false, "sending", "mine"],
    ]);
    expect(messages(rowsOf([message(1), message(2, BEN)])).map(({ key, isGrowing }) => [key, isGrowing])[1]).toEqual(["m2", false]);
  });

  it("draws the line “new” once, before what another says", () => {
    const rows = rowsOf([message(1), message(2), message(3, ME), message(4), message(5)], { newAfterSeq: 2 });
    expect(rows.map(({ type }) => type)).toEqual(["day", "message", "message", "message", "new", "message", "message"]);
  });
});

describe("a timeline that remembers", () => {
  const inputOf = (entries: readonly Entry[]) => ({ entries, streams: [], pending: [], me: ME, peer: null, newAfterSeq: null });
  const many = Array.from({ length: 10_000 }, (_, index) => message(index + 1, index % 3 === 0 ? ME : ANNA));

  it("says the same as one that does not", () => {
    const remembering = timelines();
    const changes = [message(10_001), changing(10_002, { type: "edit", text: "new" }, ANNA, 2), saying(10_003, { replyTo: 2 })];
    for (const count of [0, 1, 2, 3]) {
      const input = inputOf([...many.slice(0, 100), ...changes.slice(0, count)]);
      expect(remembering(input)).toEqual(timeline(input));
    }
  });

  it("keeps the rows of a long log that a message does not touch", () => {
    const remembering = timelines();
    const before = new Set(remembering(inputOf(many)));
    const after = remembering(inputOf([...many, message(10_001)]));
    const anew = after.filter((row) => row.type === "message" && !before.has(row));
    // The message itself, and the one before it, which ends its group no more.
    expect(anew.length).toBeLessThanOrEqual(2);
  });

  it("draws what is changed, and what quotes it, and nothing else", () => {
    const remembering = timelines();
    const entries = [...many, saying(10_001, { replyTo: 5 })];
    const before = new Set(remembering(inputOf(entries)));
    const after = remembering(inputOf([...entries, changing(10_002, { type: "edit", text: "new" }, ME, 5)]));
    expect(after.flatMap((row) => (row.type === "message" && !before.has(row) ? [row.seq] : []))).toEqual([5, 10_001]);
  });
});
