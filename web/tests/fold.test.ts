import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { AS_SENT, changesByTarget, folded, MANY_CHANGES, type Shown, toRenew } from "../src/core/fold";
import { timeline } from "../src/core/timeline";
import type { Content, Entry, UserId } from "../src/core/types";
import { ANNA, BEN, changing, ME, message, photo, POLL, saying } from "./make";

type MessageContent = Extract<Content, { kind: "message" }>;

const SAID: MessageContent = { kind: "message", said: { text: "at first", poll: POLL } };
const PEOPLE = [ME, ANNA, BEN] as const;

const edit = (seq: number, text: string) => changing(seq, { type: "edit", text });
const deletion = (seq: number) => changing(seq, { type: "deletion" });
const reaction = (seq: number, emoji: string, by: UserId, isRemoved = false) => changing(seq, { type: "reaction", emoji, isRemoved }, by);
const vote = (seq: number, by: UserId, ...options: number[]) => changing(seq, { type: "vote", options }, by);
const pin = (seq: number, isRemoved = false) => changing(seq, { type: "pin", isRemoved });
const votesOf = ({ votes }: Shown) => votes.map(({ option, count, isMine }) => [option, count, isMine]);

const change = fc.oneof(
  fc.record({ type: fc.constant("edit" as const), text: fc.string() }),
  fc.record({ type: fc.constant("reaction" as const), emoji: fc.constantFrom("👍", "❤️"), isRemoved: fc.boolean() }),
  fc.record({ type: fc.constant("vote" as const), options: fc.subarray([0, 1, 2]) }),
  fc.record({ type: fc.constant("pin" as const), isRemoved: fc.boolean() }),
  fc.constant({ type: "closing" as const }),
  fc.constant({ type: "deletion" as const }),
);
const changes = fc
  .array(fc.tuple(change, fc.constantFrom(...PEOPLE)), { maxLength: 12 })
  .map((some) => some.map(([each, by], index) => changing(index + 2, each, by)));
const lasting = changes.filter((some) => some.every(({ content }) => content.kind !== "change" || content.change.type !== "deletion"));

const withoutSeq = ({ asOfSeq, ...shown }: Shown) => [shown, asOfSeq >= 0];

describe("a message that was changed", () => {
  it("says what its newest edit says", () => {
    expect(folded(SAID, [], ME)).toMatchObject({ text: "at first", isEdited: false });
    expect(folded(SAID, [edit(2, "then"), edit(5, "at last")], ME)).toMatchObject({ text: "at last", isEdited: true, asOfSeq: 5, poll: POLL });
  });

  it("says nothing more once it is deleted", () => {
    const shown = folded(SAID, [reaction(2, "👍", BEN), pin(3), vote(4, ANNA, 1), deletion(5), edit(6, "again"), reaction(7, "👍", ME), vote(8, ME, 1)], ME);
    expect(shown).toEqual({ ...AS_SENT, asOfSeq: 8, text: "", isDeleted: true, isVague: false });
  });

  it("has its files until it is deleted", () => {
    const sent: MessageContent = { kind: "message", said: { text: "at first", files: [photo] } };
    expect(folded(sent, [edit(2, "then")], ME)).toMatchObject({ text: "then", files: [photo] });
    expect(folded(sent, [edit(2, "then"), deletion(3)], ME)).not.toHaveProperty("files");
  });

  it("counts each user once with each emoji", () => {
    const some = [reaction(2, "👍", ANNA), reaction(3, "👍", ANNA), reaction(4, "👍", ME), reaction(5, "❤️", BEN), reaction(6, "❤️", BEN, true)];
    expect(folded(SAID, some, ME).reactions).toEqual([{ emoji: "👍", count: 2, isMine: true, userIds: [ANNA, ME] }]);
  });

  it("counts of a user's votes the newest, which may be for nothing", () => {
    const some = [vote(2, ME, 0), vote(3, ANNA, 0, 2), vote(4, ME, 2), vote(5, BEN, 1), vote(6, BEN)];
    const shown = folded(SAID, some, ME);
    expect(votesOf(shown)).toEqual([
      [0, 1, false],
      [2, 2, true],
    ]);
    expect([shown.voterCount, shown.isClosed]).toEqual([2, false]);
    expect(folded(SAID, [...some, changing(7, { type: "closing" })], ME).isClosed).toBe(true);
  });

  it("is pinned if its newest pin says so", () => {
    expect([[pin(2)], [pin(2), pin(3, true)], [pin(2), pin(3, true), pin(4)]].map((some) => folded(SAID, some, ME).isPinned)).toEqual([true, false, true]);
  });

  it("counts the messages of its thread, also once it is deleted", () => {
    const replies = [saying(3, { thread: 1 }), saying(4, { thread: 1 })];
    expect(folded(SAID, replies, ME).replyCount).toBe(2);
    expect(folded(SAID, [deletion(2), ...replies], ME)).toMatchObject({ replyCount: 2, isDeleted: true });
  });

  it("takes what the server has folded already only once", () => {
    const state = { ...AS_SENT, asOfSeq: 5, isEdited: true, reactions: [{ emoji: "👍", count: 30, isMine: false, userIds: [ANNA] }] };
    const shown = folded({ kind: "message", said: { text: "as of 5" }, state }, [edit(4, "older"), reaction(5, "👍", BEN), reaction(6, "👍", ME)], ME);
    expect(shown).toMatchObject({ text: "as of 5", reactions: [{ count: 31 }], isVague: false });
  });

  it("tells that it can't tell what somebody takes back whom the server has only counted", () => {
    const many = { count: 30, isMine: true, userIds: [ANNA] };
    const state = { ...AS_SENT, asOfSeq: 5, reactions: [{ emoji: "👍", ...many }], votes: [{ option: 1, ...many }], voterCount: 30 };
    const entry: Entry = { ...message(1), content: { kind: "message", said: { text: "x" }, state } };
    const vague = (...some: Entry[]) => toRenew([entry, ...some], ME);
    for (const clear of [reaction(6, "👍", ANNA, true), reaction(6, "👍", ME, true), reaction(6, "❤️", BEN), vote(6, ANNA, 0), vote(6, ME, 0), edit(6, "x"), vote(5, BEN, 0)]) {
      expect(vague(clear)).toEqual([]);
    }
    expect(vague(reaction(6, "👍", BEN, true))).toEqual([1]);
    expect(vague(vote(6, BEN, 0))).toEqual([1]);
  });

  it("is asked for again before there are so many changes that each new one takes a while", () => {
    const some = Array.from({ length: MANY_CHANGES + 1 }, (_, index) => vote(index + 2, `user ${index}` as UserId, 0));
    const entry = (state = AS_SENT): Entry => ({ ...message(1), content: { ...SAID, state } });
    expect(toRenew([entry(), ...some.slice(1)], ME)).toEqual([]);
    expect(toRenew([entry(), ...some], ME)).toEqual([1]);
    expect(toRenew([entry({ ...AS_SENT, asOfSeq: MANY_CHANGES + 2 }), ...some], ME)).toEqual([]);
  });

  it("is the same whether the server folded the first changes or this client did", () => {
    fc.assert(
      fc.property(changes, fc.nat(12), (some, cut) => {
        const first = folded(SAID, some.slice(0, cut), ME);
        const rest = folded({ kind: "message", said: first.isDeleted ? { text: "" } : { text: first.text, poll: POLL }, state: first }, some, ME);
        expect(withoutSeq(rest)).toEqual(withoutSeq(folded(SAID, some, ME)));
      }),
    );
  });

  it("counts those whose newest reaction with an emoji was not taken back", () => {
    fc.assert(
      fc.property(lasting, (some) => {
        const newest = new Map<string, boolean>();
        for (const { senderId, content } of some) {
          if (content.kind === "change" && content.change.type === "reaction") {
            newest.set(`${senderId} ${content.change.emoji}`, !content.change.isRemoved);
          }
        }
        const { reactions } = folded(SAID, some, ME);
        const count = (emoji: string) => [...newest].filter(([key, isThere]) => isThere && key.endsWith(emoji)).length;
        for (const emoji of ["👍", "❤️"]) {
          expect(reactions.find((each) => each.emoji === emoji)?.count ?? 0).toBe(count(emoji));
          expect(reactions.find((each) => each.emoji === emoji)?.isMine ?? false).toBe(newest.get(`${ME} ${emoji}`) ?? false);
        }
      }),
    );
  });

  it("counts for each option those whose newest vote names it", () => {
    fc.assert(
      fc.property(lasting, (some) => {
        const newest = new Map<UserId, readonly number[]>();
        for (const { senderId, content } of some) {
          if (content.kind === "change" && content.change.type === "vote") {
            newest.set(senderId, content.change.options);
          }
        }
        const { votes, voterCount } = folded(SAID, some, ME);
        expect(voterCount).toBe([...newest.values()].filter((options) => options.length > 0).length);
        const counted = [0, 1, 2].map((option) => [...newest].filter(([, options]) => options.includes(option)).map(([by]) => by));
        expect(votes.map(({ option, count, isMine, userIds }) => [option, count, isMine, new Set(userIds)])).toEqual(
          counted.flatMap((users, option) => (users.length > 0 ? [[option, users.length, users.includes(ME), new Set(users)]] : [])),
        );
      }),
    );
  });
});

describe("the screen", () => {
  it("shows a message as it is, and its changes nowhere", () => {
    const entries = [message(1), message(2), edit(3, "better"), changing(4, { type: "deletion" }, ANNA, 2), vote(5, BEN, 1), pin(6)];
    const rows = timeline({ entries, pending: [], streams: [], me: ME, peer: null, newAfterSeq: null }).filter((row) => row.type === "message");
    expect(rows.map(({ shown: { text, isEdited, isDeleted } }) => [text, isEdited, isDeleted])).toEqual([
      ["better", true, false],
      ["", false, true],
    ]);
    expect([...changesByTarget(entries).keys()]).toEqual([1, 2]);
  });
});
