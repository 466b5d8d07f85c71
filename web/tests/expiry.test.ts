import { describe, expect, it } from "vitest";

import { expired, nextExpiry } from "../src/core/expiry";
import { append, seeded } from "../src/core/log";
import { initial, update } from "../src/core/state";
import { timeline } from "../src/core/timeline";
import { describe as told } from "../src/core/wording";
import { ENGLISH } from "./english";
import { group, ME, message, ROOM, summary } from "./make";

const fading = (seq: number, expiresAt: number) => ({ ...message(seq), expiresAt });
const log = [fading(6, 9_000), fading(7, 8_000), message(8), fading(10, 7_500)].reduce(append, seeded(5, message(5)));

describe("what disappears", () => {
  it("is there until its time, and then nothing but its place", () => {
    expect(nextExpiry(log)).toBe(7_500);
    expect(expired(log, 7_499)).toBe(log);
    const later = expired(log, 8_000);
    expect(later.entries.map(({ content }) => content.kind)).toEqual(["message", "message", "unknown", "message"]);
    expect(later.ahead.map(({ seq, content }) => [seq, content.kind])).toEqual([[10, "unknown"]]);
    expect(JSON.stringify(later)).not.toContain("text 7");
    expect([later.tail, later.first, nextExpiry(later)]).toEqual([log.tail, log.first, 9_000]);
    expect(nextExpiry(expired(later, 9_000))).toBe(Infinity);
  });

  it("is told of when it is set", () => {
    const set = (messageTtlS: number) => told({ ...message(5), content: { kind: "settings", changed: { messageTtlS } } }, ME, () => "Anna", ENGLISH);
    expect([86_400, 90, 3_600, 0].map(set)).toEqual([
      "Anna lets messages disappear after 1 day",
      "Anna lets messages disappear after 90 seconds",
      "Anna lets messages disappear after 1 hour",
      "Anna lets messages stay",
    ]);
  });

  it("is not on the screen and not counted any more", () => {
    const before = [
      { type: "signed_in", userId: ME, outbox: [] } as const,
      { type: "conversations_listed", summaries: [summary(group, message(5), 5, 0)] } as const,
      { type: "entry_came", entry: fading(6, 9_000) } as const,
      { type: "entry_came", entry: message(7) } as const,
    ].reduce(update, initial);
    const chat = (state: typeof before) => state.conversations.get(ROOM);
    expect(chat(before)?.unread).toBe(2);
    expect(update(before, { type: "time_passed", now: 8_999 })).toBe(before);
    const after = chat(update(before, { type: "time_passed", now: 9_000 }));
    expect(after?.unread).toBe(1);
    const rows = timeline({ entries: after?.log.entries ?? [], pending: [], streams: [], me: ME, peer: null, newAfterSeq: null });
    expect(rows.filter(({ type }) => type === "message").map(({ key }) => key)).toEqual(["m5", "m7"]);
  });
});
