import { describe, expect, it } from "vitest";

import { FOR_EVER, isMarked, isMute, kept, NOTHING_KEPT, USUAL } from "../src/core/mine";
import { conversationRows, totalUnread } from "../src/core/select";
import { initial, type State, update } from "../src/core/state";
import { timeline } from "../src/core/timeline";
import type { ConversationId, Entry, Personal } from "../src/core/types";
import { ANNA, direct, ME, message, ROOM, summary } from "./make";

const NOTES = "notes" as ConversationId;
const TEA = "tea" as ConversationId;

function note(seq: number, personal: Personal, about = ROOM): Entry {
  return { ...message(seq, ME), conversationId: NOTES, content: { kind: "personal", about, personal } };
}

function started(last = message(5), readSeq = 2, unread = 3): State {
  const notes = { ...direct, conversationId: NOTES };
  const one = summary(direct, last, readSeq, unread);
  const signed = update(initial, { type: "signed_in", userId: ME, outbox: [] });
  const tea = { ...summary({ ...direct, conversationId: TEA }, { ...last, conversationId: TEA }, 5, 0), mine: { pinPosition: 2 } };
  return update(signed, { type: "conversations_listed", summaries: [one, tea, summary(notes, { ...message(1), conversationId: NOTES }, 1, 0)] });
}

const told = (state: State, ...entries: readonly Entry[]) => entries.reduce((before, entry) => update(before, { type: "entry_came", entry }), state);
const chat = (state: State, id = ROOM) => state.conversations.get(id);

describe("what is set of a conversation", () => {
  it("counts by seq, each by itself", () => {
    const changes: [Parameters<typeof kept>[1], number][] = [
      [{ isArchived: true, pinPosition: 3 }, 4],
      [{ isArchived: false }, 6],
      [{ isArchived: true, mutedUntil: FOR_EVER }, 5],
    ];
    const found = changes.reduce((before, [changed, seq]) => kept(before, changed, seq), NOTHING_KEPT);
    expect(found.mine).toEqual({ ...USUAL, isArchived: false, pinPosition: 3, mutedUntil: FOR_EVER });
  });

  it("is mute until its time, and marked until the user reads on", () => {
    expect([1, 2, 3].map((now) => isMute({ ...USUAL, mutedUntil: 2 }, now))).toEqual([true, false, false]);
    expect([4, 5].map((readSeq) => isMarked({ ...USUAL, markedAtReadSeq: 4 }, readSeq))).toEqual([true, false]);
    expect(isMarked(USUAL, 0)).toBe(false);
  });

  it("comes with the list, and by entries of the notes, whether they come live or later", () => {
    const before = started();
    expect(chat(before, TEA)?.kept.mine.pinPosition).toBe(2);
    const live = told(before, note(2, { type: "mine", changed: { isArchived: true } }));
    expect(chat(live)?.kept.mine).toEqual({ ...USUAL, isArchived: true });
    const page = { entries: [note(2, { type: "mine", changed: { isArchived: true } })], headSeq: 2, hasMore: false };
    const later = update(before, { type: "newer_came", conversationId: NOTES, after: 1, page });
    expect(chat(later)?.kept.mine).toEqual({ ...USUAL, isArchived: true });
    expect(chat(later, NOTES)?.unread).toBe(0);
  });

  it("is as the server says after a new beginning", () => {
    const live = told(started(), note(2, { type: "mine", changed: { isArchived: true } }));
    const heads = [{ conversationId: ROOM, headSeq: 5, readSeq: 2, unread: 3, mine: { mutedUntil: 7 } }];
    expect(chat(update(live, { type: "welcomed", heads }))?.kept.mine).toEqual({ ...USUAL, mutedUntil: 7 });
  });

  it("puts those that are pinned above the others", () => {
    expect(conversationRows(started()).map(({ chat: { conversation } }) => conversation.conversationId)).toEqual([TEA, ROOM, NOTES]);
  });
});

describe("notes to oneself", () => {
  it("are in the list once something is written in them", () => {
    const notes = { ...direct, conversationId: NOTES, isUnused: true };
    const first: Entry = { ...message(1), conversationId: NOTES, content: { kind: "unknown" } };
    const unused = update(initial, { type: "conversations_listed", summaries: [summary(notes, first, 1, 0)] });
    expect(conversationRows(told(unused, note(2, { type: "mine", changed: { pinPosition: 1 } })))).toEqual([]);
    expect(conversationRows(told(unused, { ...message(2, ME), conversationId: NOTES })).length).toBe(1);
  });
});

describe("what is hidden", () => {
  const shown = (state: State) => {
    const { log, hidden } = chat(state) ?? { log: { entries: [] }, hidden: new Set<number>() };
    const rows = timeline({ entries: log.entries, pending: [], streams: [], me: ME, peer: null, newAfterSeq: null, hidden });
    return rows.flatMap((row) => (row.type === "message" ? [row.shown.text] : []));
  };

  it("is shown nowhere, and counts as unread no more, however often that is said", () => {
    const state = told(started(message(3), 2, 1), message(4), message(5));
    expect([shown(state), totalUnread(state)]).toEqual([["text 3", "text 4", "text 5"], 3]);
    const once = told(state, note(2, { type: "hidden", seq: 5 }));
    const twice = told(once, note(3, { type: "hidden", seq: 5 }), note(4, { type: "hidden", seq: 1 }));
    for (const after of [once, twice]) {
      expect([shown(after), totalUnread(after)]).toEqual([["text 3", "text 4"], 2]);
      expect(conversationRows(after).find(({ chat: { conversation } }) => conversation.conversationId === ROOM)?.last?.seq).toBe(4);
    }
    const read = update(twice, { type: "read", conversationId: ROOM, seq: 3 });
    expect(totalUnread(read)).toBe(1);
  });

  it("may be said by the server, with the message", () => {
    const state = { asOfSeq: 0, isEdited: false, isDeleted: false, isHidden: true, isPinned: false, reactions: [], votes: [], voterCount: 0, isClosed: false, replyCount: 0 };
    const gone: Entry = { ...message(4), content: { kind: "message", said: { text: "" }, state } };
    const after = told(started(message(3, ANNA), 2, 1), gone);
    expect([shown(after), totalUnread(after)]).toEqual([["text 3"], 1]);
  });
});
