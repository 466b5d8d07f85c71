import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Folder, foldersOf, isIn, neighbour } from "../src/core/folders";
import { lastPlace, moved, type Place, pinsOf } from "../src/core/places";
import { conversationRows } from "../src/core/select";
import { initial, type State, update } from "../src/core/state";
import type { Conversation, ConversationId, Mine } from "../src/core/types";
import { ANNA, direct, group, ME, message, summary } from "./make";

const cid = (text: string) => text as ConversationId;

interface Given {
  readonly unread?: number;
  readonly mentions?: number;
  readonly mine?: Partial<Mine>;
}

function having(given: Readonly<Record<string, readonly [Conversation, Given]>>): State {
  const summaries = Object.entries(given).map(([id, [conversation, { unread = 0, mentions = 0, mine = {} }]], index) => ({
    ...summary({ ...conversation, conversationId: cid(id) }, { ...message(5, ANNA, "text", 1_000 - index), conversationId: cid(id) }, 5 - unread, unread),
    mentions,
    mine,
  }));
  const state = update(initial, { type: "signed_in", userId: ME, outbox: [] });
  return update(state, { type: "conversations_listed", summaries });
}

const SOME = having({
  anna: [direct, {}],
  walks: [group, { unread: 2, mentions: 1 }],
  news: [{ ...group, kind: "channel" }, {}],
  marked: [group, { mine: { markedAtReadSeq: 5 } }],
  away: [group, { unread: 3, mine: { isArchived: true } }],
});

function inFolder(state: State, folder: Folder, openedId: ConversationId | null = null): readonly string[] {
  return conversationRows(state).filter((row) => isIn(folder, row, openedId)).map(({ chat }) => chat.conversation.conversationId);
}

describe("a folder", () => {
  it.each<[Folder, readonly string[]]>([
    ["all", ["anna", "walks", "news", "marked"]],
    ["unread", ["walks", "marked"]],
    ["mentions", ["walks"]],
    ["direct", ["anna"]],
    ["groups", ["walks", "marked"]],
    ["channels", ["news"]],
    ["archive", ["away"]],
  ])("%s has what belongs there, and nothing that is archived but the archive", (folder, ids) => {
    expect(inFolder(SOME, folder)).toEqual(ids);
  });

  it("keeps what is open, though that has been read", () => {
    expect(inFolder(SOME, "unread", cid("anna"))).toEqual(["anna", "walks", "marked"]);
    expect(inFolder(SOME, "mentions", cid("news"))).toEqual(["walks", "news"]);
    expect(inFolder(SOME, "unread", cid("away"))).toEqual(["walks", "marked"]);
  });
});

describe("the row of folders", () => {
  it("counts what waits, and all that is archived", () => {
    expect(foldersOf(conversationRows(SOME), "all")).toEqual([
      { folder: "all", count: 2 },
      { folder: "unread", count: 2 },
      { folder: "mentions", count: 1 },
      { folder: "direct", count: 0 },
      { folder: "groups", count: 2 },
      { folder: "channels", count: 0 },
      { folder: "archive", count: 1 },
    ]);
  });

  it("leaves out what would be empty, but not the one that is chosen", () => {
    const rows = conversationRows(having({ anna: [direct, {}] }));
    expect(foldersOf(rows, "all").map(({ folder }) => folder)).toEqual(["all", "unread", "direct", "groups"]);
    expect(foldersOf(rows, "archive").map(({ folder }) => folder)).toContain("archive");
  });
});

describe("the neighbour in the list", () => {
  const ids = ["a", "b", "c"].map(cid);

  it.each([
    ["b", 1, "c"],
    ["b", -1, "a"],
    ["c", 1, null],
    [null, 1, "a"],
    [null, -1, "c"],
    ["elsewhere", 1, "a"],
  ] as const)("of %s, %i further, is %s", (openedId, step, expected) => {
    expect(neighbour(ids, openedId === null ? null : cid(openedId), step)).toBe(expected);
  });
});

describe("the places of what is pinned", () => {
  it("are those of the list, without the archive", () => {
    const state = having({ a: [group, { mine: { pinPosition: 7 } }], b: [group, { mine: { pinPosition: 3 } }], c: [group, { mine: { pinPosition: 1, isArchived: true } }], d: [group, {}] });
    expect(pinsOf(conversationRows(state))).toEqual([{ conversationId: "b", position: 3 }, { conversationId: "a", position: 7 }]);
    expect(lastPlace(pinsOf(conversationRows(state)))).toBeGreaterThan(7);
    expect(lastPlace([{ conversationId: cid("a"), position: 1_000_000 }])).toBe(1_000_000);
  });

  it("change so that the two that change places do, and all others stay, also if several had the same", () => {
    const places = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(places, fc.nat(11), fc.constantFrom(1 as const, -1 as const), (positions, nth, step) => {
        const pins: readonly Place[] = positions.toSorted((a, b) => a - b).map((position, index) => ({ conversationId: cid(`c${index}`), position }));
        const at = nth % pins.length;
        const id = cid(`c${at}`);
        const changes = new Map(moved(pins, id, step).map(({ conversationId, position }) => [conversationId, position]));
        const after = pins.map((pin) => ({ ...pin, position: changes.get(pin.conversationId) ?? pin.position }));
        const order = after.toSorted((a, b) => a.position - b.position).map(({ conversationId }) => conversationId);
        const expected = pins.map(({ conversationId }) => conversationId);
        if (pins[at + step] !== undefined) {
          expected.splice(at, 1);
          expected.splice(at + step, 0, id);
          expect(new Set(after.map(({ position }) => position)).size).toBe(pins.length);
        }
        expect(order).toEqual(expected);
      }),
    );
  });
});
