import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { changesByTarget, folded, type Shown } from "../src/core/fold";
import { timeline } from "../src/core/timeline";
import type { Change, Entry, UserId } from "../src/core/types";
import { ANNA, BEN, ME, message, photo } from "./make";

const SAID = { kind: "message", text: "at first" } as const;
const PEOPLE = [ME, ANNA, BEN] as const;

const entry = (seq: number, change: Change, by: UserId = ANNA, target = 1): Entry => ({ ...message(seq, by), content: { kind: "change", target, change } });
const edit = (seq: number, text: string) => entry(seq, { type: "edit", text });
const deletion = (seq: number) => entry(seq, { type: "deletion" });
const reaction = (seq: number, emoji: string, by: UserId, isRemoved = false) => entry(seq, { type: "reaction", emoji, isRemoved }, by);

const change = fc.oneof(
  fc.record({ type: fc.constant("edit" as const), text: fc.string() }),
  fc.record({ type: fc.constant("reaction" as const), emoji: fc.constantFrom("👍", "❤️"), isRemoved: fc.boolean() }),
  { weight: 1, arbitrary: fc.constant({ type: "deletion" as const }) },
);
const changes = fc
  .array(fc.tuple(change, fc.constantFrom(...PEOPLE)), { maxLength: 12 })
  .map((some) => some.map(([each, by], index) => entry(index + 2, each, by)));

const withoutSeq = ({ asOfSeq, ...shown }: Shown) => [shown, asOfSeq >= 0];

describe("a message that was changed", () => {
  it("says what its newest edit says", () => {
    expect(folded(SAID, [], ME)).toMatchObject({ text: "at first", isEdited: false });
    expect(folded(SAID, [edit(2, "then"), edit(5, "at last")], ME)).toMatchObject({ text: "at last", isEdited: true, asOfSeq: 5 });
  });

  it("says nothing more once it is deleted", () => {
    const shown = folded(SAID, [reaction(2, "👍", BEN), deletion(3), edit(4, "again"), reaction(5, "👍", ME)], ME);
    expect(shown).toMatchObject({ text: "", isDeleted: true, isEdited: false, reactions: [] });
  });

  it("has its files until it is deleted", () => {
    const sent = { ...SAID, files: [photo] };
    expect(folded(sent, [edit(2, "then")], ME)).toMatchObject({ text: "then", files: [photo] });
    expect(folded(sent, [edit(2, "then"), deletion(3)], ME)).not.toHaveProperty("files");
  });

  it("counts each user once with each emoji", () => {
    const some = [reaction(2, "👍", ANNA), reaction(3, "👍", ANNA), reaction(4, "👍", ME), reaction(5, "❤️", BEN), reaction(6, "❤️", BEN, true)];
    expect(folded(SAID, some, ME).reactions).toEqual([{ emoji: "👍", count: 2, isMine: true, userIds: [ANNA, ME] }]);
  });

  it("takes what the server has folded already only once", () => {
    const state = { asOfSeq: 5, isEdited: true, isDeleted: false, reactions: [{ emoji: "👍", count: 30, isMine: false, userIds: [ANNA] }] };
    const shown = folded({ ...SAID, text: "as of 5", state }, [edit(4, "older"), reaction(5, "👍", BEN), reaction(6, "👍", BEN)], ME);
    expect(shown).toMatchObject({ text: "as of 5", reactions: [{ count: 31 }] });
  });

  it("is the same whether the server folded the first changes or this client did", () => {
    fc.assert(
      fc.property(changes, fc.nat(12), (some, cut) => {
        const { text, ...state } = folded(SAID, some.slice(0, cut), ME);
        const rest = folded({ kind: "message", text, state }, some, ME);
        expect(withoutSeq(rest)).toEqual(withoutSeq(folded(SAID, some, ME)));
      }),
    );
  });

  it("counts those whose newest reaction with an emoji was not taken back", () => {
    fc.assert(
      fc.property(
        changes.filter((some) => some.every(({ content }) => content.kind !== "change" || content.change.type !== "deletion")),
        (some) => {
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
        },
      ),
    );
  });
});

describe("the screen", () => {
  it("shows a message as it is, and its changes nowhere", () => {
    const entries = [message(1), message(2), edit(3, "better"), entry(4, { type: "deletion" }, ANNA, 2)];
    const rows = timeline({ entries, pending: [], me: ME, peer: null, newAfterSeq: null }).filter((row) => row.type === "message");
    expect(rows.map(({ text, isEdited, isDeleted }) => [text, isEdited, isDeleted])).toEqual([
      ["better", true, false],
      ["", false, true],
    ]);
    expect([...changesByTarget(entries).keys()]).toEqual([1, 2]);
  });
});
