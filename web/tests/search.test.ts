import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { Searching } from "../src/app/search";
import { forgetSearches, recentSearches, rememberSearch } from "../src/app/searches";
import { askedFor, asItIs, begun, completed, dayOf, isWhole, NO_SEARCH, pieces, placeName, searched, tokenAt } from "../src/core/search";
import { initial, update } from "../src/core/state";
import type { Found, FoundPage, Highlight } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import { browser } from "./browser";
import { ANNA, BEN, changing, direct, ME, message, ROOM, summary } from "./make";

const mark = (start: number, end: number): Highlight => ({ in: "text", index: 0, start, end });
const found = (seq: number, highlights: readonly Highlight[] = []): Found => ({ entry: message(seq), highlights, snippet: null });
const page = (seqs: readonly number[], next = "", isIncomplete = false): FoundPage => ({ items: seqs.map((seq) => found(seq)), next, isIncomplete });

describe("the operator that is being written", () => {
  it("is the one in which the caret stands", () => {
    expect(tokenAt("tea from:an", 11)).toEqual({ operator: "from", value: "an", from: 4, to: 11, isNegated: false });
    expect(tokenAt("from:", 5)).toMatchObject({ operator: "from", value: "" });
    expect(tokenAt("-has:fi tea", 7)).toMatchObject({ operator: "has", value: "fi", isNegated: true });
    expect(tokenAt('in:"Summer par', 14)).toMatchObject({ operator: "in", value: "Summer par" });
    expect(tokenAt("from:@anna tea", 14)).toBeNull();
    expect(tokenAt("from:@anna ", 11)).toBeNull();
    expect(tokenAt("tea:cup", 7)).toBeNull();
    expect(tokenAt("", 0)).toBeNull();
  });

  it("is completed where it stands, in quotes if it needs them, and what is behind it stays", () => {
    const query = "from:an tea";
    expect(completed(query, tokenAt(query, 7) ?? never(), "@anna")).toEqual({ query: "from:@anna tea", caret: 11 });
    expect(completed("in:", tokenAt("in:", 3) ?? never(), "Summer party")).toEqual({ query: 'in:"Summer party" ', caret: 18 });
    expect(completed("-has:", tokenAt("-has:", 5) ?? never(), "link").query).toBe("-has:link ");
  });

  it("is begun behind what is there", () => {
    expect([begun("", "from"), begun("tea ", "in")]).toEqual(["from:", "tea in:"]);
  });
});

describe("a query", () => {
  it("is whole when there is something to look for, and nothing left open", () => {
    expect(["tea", "from:@anna", '"see you"', "-tea cup"].map(isWhole)).toEqual([true, true, true, true]);
    expect(["", "  ", "from:", "tea -in: x", '"see you', "tea -"].map(isWhole)).toEqual([false, false, false, false, false, false]);
  });

  it("asks in one conversation by its id", () => {
    expect(askedFor(" tea  cup ", null)).toBe("tea cup");
    expect(askedFor("tea", ROOM)).toBe("tea in:room");
  });

  it("names a conversation by its title only where that can be read, and is nobody else's", () => {
    expect(placeName("Walks", ROOM, ["Walks", "Tea"])).toBe("Walks");
    expect([placeName("Walks", ROOM, ["Walks", "walks"]), placeName('The "new" one', ROOM, ['The "new" one']), placeName("", ROOM, [""])]).toEqual([ROOM, ROOM, ROOM]);
  });

  it("tells days as they begin for the user", () => {
    const late = Date.UTC(2026, 0, 31, 23, 30);
    expect([dayOf(late, 0), dayOf(late, 60), dayOf(late, -600)]).toEqual(["2026-01-31", "2026-02-01", "2026-01-31"]);
  });
});

describe("what is shown of a text", () => {
  it("has what was looked for marked, and says where something is left out", () => {
    expect(pieces("Tea at noon?", [mark(7, 11)], { start: 0, end: 12 })).toEqual([
      { text: "Tea at ", isMarked: false },
      { text: "noon", isMarked: true },
      { text: "?", isMarked: false },
    ]);
    expect(pieces("one two three", [mark(4, 7)], { start: 4, end: 9 }).map(({ text }) => text)).toEqual(["…", "two", " t", "…"]);
  });

  it("is always the part that was asked for, whatever is marked", () => {
    const place = fc.integer({ min: -5, max: 40 });
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.array(fc.tuple(place, place)), (text, ranges) => {
        const cut = pieces(text, ranges.map(([start, end]) => mark(start, end)), null);
        expect(cut.map((piece) => piece.text).join("")).toBe(text);
      }),
    );
  });
});

describe("a message that was found", () => {
  const chats = () => {
    const signed = update(initial, { type: "signed_in", userId: ME, outbox: [] });
    return update(signed, { type: "conversations_listed", summaries: [summary(direct, message(1), 0, 1)] });
  };

  it("is as it is by now", () => {
    const state = chats();
    const chat = state.conversations.get(ROOM);
    const one = found(1, [mark(0, 4)]);
    expect(asItIs(one, chat, ME)).toBe(one);
    const edited = update(state, { type: "entry_came", entry: changing(2, { type: "edit", text: "other" }) });
    expect(asItIs(one, edited.conversations.get(ROOM), ME)).toMatchObject({ entry: { content: { said: { text: "other" } } }, highlights: [], snippet: null });
    const deleted = update(edited, { type: "entry_came", entry: changing(3, { type: "deletion" }) });
    expect(asItIs(one, deleted.conversations.get(ROOM), ME)).toBeNull();
  });

  it("is gone with its conversation", () => {
    expect(asItIs(found(1), undefined, ME)).toBeNull();
  });
});

describe("a search", () => {
  it("shows what was found until something else is, and takes no answer to what was asked before", () => {
    const first = searched(NO_SEARCH, { type: "asked", words: "tea" });
    const there = searched(first, { type: "came", number: 1, page: page([2, 1], "p") });
    const second = searched(there, { type: "asked", words: "teas" });
    expect([there.phase, second.phase, second.items.length, second.next]).toEqual(["found", "searching", 2, ""]);
    expect(searched(second, { type: "came", number: 1, page: page([9]) })).toBe(second);
    expect(searched(second, { type: "failed", number: 1, failure: "x" })).toBe(second);
    expect(searched(second, { type: "came", number: 2, page: page([]) }).items).toEqual([]);
  });

  it("adds the next page, keeps what is there if that fails, and stays incomplete", () => {
    const there = searched(searched(NO_SEARCH, { type: "asked", words: "tea" }), { type: "came", number: 1, page: page([2], "p", true) });
    const more = searched(there, { type: "more_asked" });
    expect(searched(more, { type: "came", number: 1, page: page([1]) })).toMatchObject({ phase: "found", next: "", isIncomplete: true, items: [{}, {}] });
    expect(searched(more, { type: "failed", number: 1, failure: "x" })).toMatchObject({ phase: "failed", items: [{}], next: "p" });
    expect(searched(searched(there, { type: "asked", words: "" }), { type: "more_asked" })).toMatchObject({ phase: "idle", items: [] });
  });
});

describe("searching", () => {
  const waiting: { words: string; pageToken: string; answer: (page: FoundPage) => void; fail: (reason: unknown) => void }[] = [];
  const known = vi.fn();
  const api = {
    find: ({ words, pageToken }: { words: string; pageToken: string }) =>
      new Promise<FoundPage>((answer, fail) => { waiting.push({ words, pageToken, answer, fail }); }),
  };
  const make = () => new Searching(api, { know: known });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

  beforeEach(() => { waiting.length = 0; });

  it("asks for one thing at a time, and of what was written meanwhile for the last", async () => {
    const searching = make();
    searching.find("t");
    searching.find("te");
    searching.find("tea");
    expect(waiting.map(({ words }) => words)).toEqual(["t"]);
    waiting[0]?.answer(page([1]));
    await settled();
    expect(waiting.map(({ words }) => words)).toEqual(["t", "tea"]);
    expect(searching.store.get().items).toEqual([]);
    waiting[1]?.answer(page([2]));
    await settled();
    expect(searching.store.get()).toMatchObject({ phase: "found", items: [{ entry: { seq: 2 } }] });
    expect(known).toHaveBeenCalledWith([ANNA]);
  });

  it("goes on over an empty page, which need not be the last", async () => {
    const searching = make();
    searching.find("tea");
    waiting[0]?.answer(page([], "p"));
    await settled();
    expect(waiting[1]).toMatchObject({ words: "tea", pageToken: "p" });
    waiting[1]?.answer(page([1]));
    await settled();
    expect(searching.store.get()).toMatchObject({ phase: "found", next: "" });
  });

  it("tries again what has failed, from where it was", async () => {
    const searching = make();
    searching.find("tea");
    waiting[0]?.fail(new ApiError("UNAVAILABLE", ""));
    await settled();
    expect(searching.store.get().phase).toBe("failed");
    searching.again();
    waiting[1]?.answer(page([2], "p"));
    await settled();
    searching.more();
    searching.more();
    waiting[2]?.fail(new ApiError("UNAVAILABLE", ""));
    await settled();
    searching.again();
    expect(waiting.map(({ pageToken }) => pageToken)).toEqual(["", "", "p", "p"]);
  });
});

describe("what was looked for lately", () => {
  beforeEach(browser);

  it("is kept for whoever looked, each once and the newest first, until they leave", () => {
    for (const query of ["a", "b", " a ", "c", "d", "e", "f", "g", "h", "i"]) {
      rememberSearch(ME, query);
    }
    expect(recentSearches(ME)).toEqual(["i", "h", "g", "f", "e", "d", "c", "a"]);
    expect(recentSearches(BEN)).toEqual([]);
    forgetSearches();
    expect(recentSearches(ME)).toEqual([]);
  });
});

function never(): never {
  throw new Error("There is no operator.");
}
