import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { threadOf } from "../src/core/thread";
import { changing, message, saying } from "./make";

const ROOT = message(1);
const REPLIES = [saying(3, { thread: 1 }), saying(5, { thread: 1 })];
const ELSEWHERE = [message(2), saying(4, { thread: 2 })];

describe("a thread", () => {
  it("is the message that started it and those in it, with what became of them, and nothing else", () => {
    const [edit, other] = [changing(6, { type: "edit", text: "x" }, undefined, 3), changing(7, { type: "edit", text: "x" }, undefined, 2)];
    expect(threadOf(1, [], [ROOT, ...ELSEWHERE, ...REPLIES, edit, other])).toEqual([ROOT, ...REPLIES, edit]);
  });

  it("is the same whichever part of it was fetched, and however far the log reaches back", () => {
    const all = [ROOT, ...REPLIES, changing(6, { type: "pin", isRemoved: false }, undefined, 5)];
    fc.assert(
      fc.property(fc.shuffledSubarray([ROOT, ...REPLIES]), fc.nat(2), (fetched, from) => {
        const log = all.slice(from);
        const missing = all.slice(0, from).filter((entry) => !fetched.includes(entry));
        expect(threadOf(1, fetched, log)).toEqual(all.filter((entry) => !missing.includes(entry)));
      }),
    );
  });

  it("takes what history has folded rather than what the log heard first", () => {
    const folded = { ...ROOT, messageId: REPLIES[0]?.messageId ?? ROOT.messageId };
    expect(threadOf(1, [folded], [ROOT])).toEqual([folded]);
  });
});
