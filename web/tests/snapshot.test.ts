import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { conversationRows, titleOf } from "../src/core/select";
import { chatSnapshot, commonSnapshot, FORMAT, MAX_ENTRIES, restored } from "../src/core/snapshot";
import { type Action, initial, type State, update } from "../src/core/state";
import { timeline } from "../src/core/timeline";
import type { Entry, User, UserId } from "../src/core/types";
import { ENGLISH } from "./english";
import { ANNA, BEN, changing, group, ME, membership, member, message, ROOM, saying, summary } from "./make";

const begin: readonly Action[] = [
  { type: "signed_in", userId: ME, outbox: [] },
  { type: "conversations_listed", summaries: [{ ...summary(group, message(1), 1, 0), me: member(ME, "admin", 511) }] },
];
const came = (entry: Entry): Action => ({ type: "entry_came", entry });
const run = (state: State, actions: readonly Action[]) => actions.reduce(update, state);
const room = (state: State) => state.conversations.get(ROOM);

/** As IndexedDB gives back what it was given. */
function snapshots(state: State, now = 0) {
  const chats = [...state.conversations].map(([id, chat]) => chatSnapshot(chat, ME, state.drafts.get(id) ?? "", now));
  return structuredClone({ chats, common: commonSnapshot(state) });
}

function reloaded(state: State, now = 0): State {
  const { chats, common } = snapshots(state, now);
  return run(initial, [{ type: "signed_in", userId: ME, outbox: state.outbox, saved: restored(chats, common) }, { type: "time_passed", now }]);
}

/** What the screen shows of a state. */
function screen(state: State, from = 0) {
  const chat = room(state);
  const rows = timeline({ entries: chat?.log.entries.filter(({ seq }) => seq >= from) ?? [], pending: [], streams: [], me: ME, peer: null, newAfterSeq: null, hidden: chat?.hidden ?? new Set() });
  return {
    rows: rows.map((row) => (row.type === "message" ? { ...row, shown: { ...row.shown, asOfSeq: 0 } } : row)),
    list: conversationRows(state).map(({ chat: { conversation }, at, last }) => [titleOf(state, conversation, ENGLISH), at, last?.seq]),
    unread: chat?.unread,
    mentions: chat?.mentions,
    me: chat?.me,
    kept: chat?.kept,
    drafts: state.drafts,
    tail: chat?.log.tail,
  };
}

/** What happens in a conversation, at the seq that comes next. */
const happening = fc.oneof(
  fc.constantFrom(ANNA, BEN, ME).map((who) => (seq: number) => came(message(seq, who))),
  fc.constant((seq: number) => came(saying(seq, { mentions: [ME], ...(seq > 3 ? { thread: seq - 2, replyTo: seq - 1 } : {}) }))),
  fc.constant((seq: number) => came(changing(seq, { type: "edit", text: `better ${seq}` }, ANNA, Math.max(1, seq - 2)))),
  fc.constantFrom(ANNA, ME).map((who) => (seq: number) => came(changing(seq, { type: "reaction", emoji: "👍", isRemoved: seq % 2 === 0 }, who, Math.max(1, seq - 1)))),
  fc.constant((seq: number) => came(changing(seq, { type: "deletion" }, ANNA, Math.max(1, seq - 3)))),
  fc.constant((seq: number) => came(membership(seq, [BEN], []))),
  fc.constant((seq: number) => came({ ...message(seq), content: { kind: "settings", changed: { title: `Walk ${seq}` } } })),
);
const others: fc.Arbitrary<(seq: number) => Action> = fc.oneof(
  fc.nat({ max: 3 }).map((back) => (seq: number): Action => ({ type: "read", conversationId: ROOM, seq: Math.max(1, seq - 1 - back) })),
  fc.constant((): Action => ({ type: "drafted", conversationId: ROOM, text: "dear" })),
);
const story = fc.array(fc.oneof({ weight: 4, arbitrary: happening.map((make) => ({ isEntry: true, make })) }, { weight: 1, arbitrary: others.map((make) => ({ isEntry: false, make })) }), { maxLength: 40 });

/** The actions of a story, its entries from seq 2 on. */
function told(parts: readonly { readonly isEntry: boolean; readonly make: (seq: number) => Action }[]): readonly Action[] {
  let seq = 2;
  return parts.map(({ isEntry, make }) => make(isEntry ? seq++ : seq));
}

describe("a snapshot", () => {
  it("shows the same as what it was taken of", () => {
    fc.assert(
      fc.property(story, (parts) => {
        const state = run(initial, [...begin, ...told(parts)]);
        expect(screen(reloaded(state))).toEqual(screen(state));
      }),
      { numRuns: 60 },
    );
  });

  it("that is taken up and gone on from shows the same as if there had been no pause, whatever comes after and although it comes twice", () => {
    fc.assert(
      fc.property(story, fc.nat({ max: 40 }), (parts, at) => {
        const actions = [...begin, ...told(parts)];
        const cut = Math.min(actions.length, begin.length + at);
        const before = run(initial, actions.slice(0, cut));
        const again = actions.slice(begin.length, cut).filter(({ type }) => type === "entry_came");
        const resumed = run(reloaded(before), [...again, ...actions.slice(cut)]);
        expect(screen(resumed)).toEqual(screen(run(before, actions.slice(cut))));
      }),
      { numRuns: 60 },
    );
  });

  it("has the newest entries only, and says that there are older ones", () => {
    const state = run(initial, [...begin, ...Array.from({ length: 300 }, (_, index) => came(message(index + 2)))]);
    const log = room(reloaded(state))?.log;
    expect([log?.entries.length, log?.first, log?.tail, log?.complete]).toEqual([MAX_ENTRIES, 202, 301, false]);
    expect(screen(reloaded(state), 202)).toEqual(screen(state, 202));
  });

  it("has no word of what has expired, was deleted, or is hidden", () => {
    const hide: Action = { type: "entry_came", entry: { ...message(1), conversationId: "notes" as Entry["conversationId"], content: { kind: "personal", about: ROOM, personal: { type: "hidden", seq: 4 } } } };
    const state = run(initial, [
      ...begin,
      came({ ...saying(2, { text: "secret one" }), expiresAt: 5_000 }),
      came(saying(3, { text: "secret two" })),
      came(saying(4, { text: "secret three" })),
      came(changing(5, { type: "edit", text: "secret four" }, ANNA, 3)),
      came(changing(6, { type: "deletion" }, ANNA, 3)),
      came(saying(7, { text: "plain" })),
      hide,
    ]);
    const { chats } = snapshots(state, 6_000);
    expect(JSON.stringify(chats)).toContain("plain");
    expect(JSON.stringify(chats)).not.toContain("secret");
    const at = 6_000;
    expect(screen(reloaded(state, at))).toEqual(screen(update(state, { type: "time_passed", now: at })));
  });

  it("lets disappear what has expired since it was taken, which counts no more", () => {
    const state = run(initial, [...begin, came({ ...message(2), expiresAt: 5_000 })]);
    const { chats, common } = snapshots(state, 1_000);
    const later = run(initial, [{ type: "signed_in", userId: ME, outbox: [], saved: restored(chats, common) }, { type: "time_passed", now: 9_000 }]);
    expect([room(state)?.unread, room(later)?.unread, room(later)?.log.entries.at(-1)?.content.kind]).toEqual([1, 0, "unknown"]);
  });

  it("of another format is as good as none", () => {
    const { chats, common } = snapshots(run(initial, begin));
    const aged = (value: object) => ({ ...value, format: FORMAT - 1 });
    expect(restored(chats, common).conversations.size).toBe(1);
    expect(restored(chats.map(aged), aged(common))).toEqual(restored([], undefined));
  });

  it("of somebody who is no more takes nothing else away", () => {
    const gone = { userId: ANNA, username: "", displayName: null };
    const ben = { userId: BEN, username: "ben", displayName: "Ben" };
    const state = run(initial, [...begin, came(message(2, ANNA)), came(message(3, BEN)), { type: "users_found", users: [gone, ben] }]);
    expect(reloaded(state).users).toEqual(new Map<UserId, User>([[ANNA, gone], [BEN, ben]]));
  });

  it("loses what is garbled in it, and nothing else", () => {
    const preferences = { status: { choice: "busy", text: "", emoji: "", endsAt: null }, privacy: { presence: "nobody", receipts: true }, blocks: [{ userId: ANNA, at: 1 }] } as const;
    const ben = { userId: BEN, username: "ben", displayName: "Ben" };
    const state = run(initial, [
      ...begin,
      ...[2, 3, 4, 5].map((seq) => came(message(seq, BEN))),
      { type: "users_found", users: [ben] },
      { type: "preferences_came", preferences },
      { type: "drafted", conversationId: ROOM, text: "dear" },
    ]);
    const { chats: [chat], common } = snapshots(state);
    const restoredOf = (changed: object, commonly: object = {}) => restored([7, { ...chat, ...changed }], { ...common, ...commonly });

    expect(restoredOf({}, { users: [null, ...common.users, { userId: 7 }] }).users).toEqual(new Map([[BEN, ben]]));
    expect(restoredOf({}, { users: "nobody" })).toMatchObject({ users: new Map(), preferences });
    expect(restoredOf({}, { preferences: 7 })).toMatchObject({ users: new Map([[BEN, ben]]), preferences: null });

    const watermark = { userId: BEN, conversationId: ROOM, deliveredSeq: 2, readSeq: 1 };
    const odd = restoredOf({ watermarks: new Map<unknown, unknown>([[BEN, watermark], [ANNA, { readSeq: "x" }], [7, watermark]]), roles: new Map([[BEN, 7]]), hidden: new Set([3, "x"]), members: [BEN, 7], me: 7 });
    expect(odd.conversations.get(ROOM)).toMatchObject({ watermarks: new Map([[BEN, watermark]]), roles: new Map(), hidden: new Set([3]), members: null, me: null });

    const entries = chat?.log.entries ?? [];
    const cut = restoredOf({ log: { ...chat?.log, entries: entries.with(2, { seq: 3 } as Entry) } }).conversations.get(ROOM)?.log;
    expect([cut?.entries.map(({ seq }) => seq), cut?.first, cut?.tail, cut?.complete]).toEqual([[4, 5], 4, 5, false]);

    const lost = restoredOf({ log: { ...chat?.log, entries: entries.with(-1, 7 as never) } });
    expect([lost.conversations.size, lost.drafts]).toEqual([0, new Map([[ROOM, "dear"]])]);
  });

  it("that is garbled breaks nothing, whatever is in it", () => {
    const state = run(initial, [...begin, came(saying(2, { text: "hi" })), came(changing(3, { type: "vote", options: [0] }, ANNA, 2)), came(membership(4, [BEN], []))]);
    const { chats, common } = snapshots(state);
    const [chat] = chats;
    const entry = fc.record({ at: fc.nat({ max: 3 }), name: fc.constantFrom("seq", "content", "senderId", "acceptedAt", "conversationId"), value: fc.anything() });
    const field = fc.record({ name: fc.constantFrom(...Object.keys(chat ?? {})), value: fc.anything() });
    const garbled = fc.oneof(
      fc.anything(),
      field.map(({ name, value }) => ({ ...chat, [name]: value })),
      entry.map(({ at, name, value }) => ({ ...chat, log: { ...chat?.log, entries: chat?.log.entries.map((one, index) => (index === at ? { ...one, [name]: value } : one)) } })),
    );
    fc.assert(
      fc.property(garbled, fc.oneof(fc.constant(common), fc.anything()), (one, other) => {
        const begun = update(initial, { type: "signed_in", userId: ME, outbox: [], saved: restored([one], other) });
        expect(() => screen(update(begun, came(message(9))))).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});
