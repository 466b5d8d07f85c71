import { describe, expect, it } from "vitest";

import { powersIn } from "../src/core/actions";
import { begun, chosenOf, copiedText, extended, MOST, selectable, type Selection, toggled, togetherOf, without } from "../src/core/selecting";
import { timeline } from "../src/core/timeline";
import type { Entry } from "../src/core/types";
import { ANNA, BEN, changing, group, ME, member, message, POLL } from "./make";

const POWERS = powersIn({ me: member(ME, "member", 0), conversation: group });
const seqs = (selection: Selection) => [...selection.seqs].sort((a, b) => a - b);

function rows(...entries: Entry[]) {
  return selectable(timeline({ entries, pending: [], streams: [], me: ME, peer: null, newAfterSeq: null }), POWERS);
}

const FIVE = rows(...[1, 2, 3, 4, 5].map((seq) => message(seq, seq % 2 === 0 ? ME : ANNA, `text ${seq}`)));

describe("messages that are chosen", () => {
  it("begin with one, and each press adds one or takes it away", () => {
    expect(seqs(toggled(begun(2), 4))).toEqual([2, 4]);
    expect(seqs(toggled(toggled(begun(2), 4), 2))).toEqual([4]);
    expect(seqs(without(toggled(begun(2), 4), 4))).toEqual([2]);
    expect(seqs(toggled(begun(2), 2))).toEqual([]);
  });

  it("may be a range, up or down from what was chosen last", () => {
    expect(seqs(extended(begun(2), FIVE, 4))).toEqual([2, 3, 4]);
    expect(seqs(extended(begun(4), FIVE, 2))).toEqual([2, 3, 4]);
    expect(seqs(extended(toggled(begun(1), 3), FIVE, 5))).toEqual([1, 3, 4, 5]);
    expect(seqs(extended(extended(begun(2), FIVE, 3), FIVE, 5))).toEqual([2, 3, 4, 5]);
  });

  it("are so many at most", () => {
    const many = rows(...Array.from({ length: MOST + 20 }, (_, at) => message(at + 1, ANNA, "x")));
    const full = extended(begun(1), many, MOST + 20);
    expect(seqs(full)).toEqual(Array.from({ length: MOST }, (_, at) => at + 1));
    expect(toggled(full, MOST + 1).seqs.size).toBe(MOST);
    expect(toggled(full, MOST).seqs.size).toBe(MOST - 1);
    // Those next to where the range began, also upwards.
    expect(seqs(extended(begun(MOST + 20), many, 1))[0]).toBe(21);
  });

  it("are told in their order, without what has gone", () => {
    const chosen = { seqs: new Set([5, 99, 1]), anchor: 5 };
    expect(chosenOf(chosen, FIVE).map(({ seq }) => seq)).toEqual([1, 5]);
  });
});

describe("what can be done with several messages", () => {
  it("is what can be done with each", () => {
    expect(togetherOf(FIVE, POWERS)).toEqual(["copy", "forward", "star", "hide"]);
    expect(togetherOf(FIVE.filter(({ isOwn }) => isOwn), POWERS)).toEqual(["copy", "forward", "star", "hide", "delete"]);
    expect(togetherOf(FIVE, { ...POWERS, moderate: true })).toContain("delete");
    const poll = message(6, ME, "?");
    const withPoll = rows(message(1, ME, "x"), { ...poll, content: { kind: "message", said: { text: "?", poll: POLL } } });
    expect(togetherOf(withPoll, POWERS)).toEqual(["copy", "star", "hide", "delete"]);
    const withDeleted = rows(message(1, ME, "x"), message(2, BEN, "y"), changing(3, { type: "deletion" }, BEN, 2));
    expect(withDeleted).toHaveLength(2);
    expect(togetherOf(withDeleted, POWERS)).toEqual(["hide"]);
    expect(togetherOf([], POWERS)).toEqual([]);
  });

  it("may be to copy them, with who said what and when, or one alone as it is", () => {
    const moment = (at: number) => `at ${at}`;
    const name = (userId: string) => (userId === ME ? "Me" : "Anna");
    const [first, second] = FIVE;
    expect(copiedText(FIVE.slice(0, 1), name, moment)).toBe("text 1");
    expect(copiedText(FIVE.slice(0, 2), name, moment)).toBe(`Anna, at ${first?.at ?? 0}\ntext 1\n\nMe, at ${second?.at ?? 0}\ntext 2`);
  });
});
