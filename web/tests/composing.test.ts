import { beforeEach, describe, expect, it } from "vitest";

import { Composition } from "../src/app/composition";
import { Store } from "../src/app/store";
import { canEdit, composingAt, lastOwn, messageAt, type Place, textAt } from "../src/core/composing";
import { AS_SENT } from "../src/core/fold";
import { initial, update } from "../src/core/state";
import type { ConversationId, Entry } from "../src/core/types";
import { ANNA, changing, group, ME, message, POLL, ROOM, saying, summary } from "./make";

const HERE: Place = { conversationId: ROOM, thread: null };
const THREAD: Place = { conversationId: ROOM, thread: 3 };

function storeWith(...entries: readonly Entry[]): Store {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "conversations_listed", summaries: [summary(group, message(1), 1, 0)] });
  entries.forEach((entry) => { store.dispatch({ type: "entry_came", entry }); });
  return store;
}

function chatOf(store: Store) {
  const chat = store.get().conversations.get(ROOM);
  if (chat === undefined) {
    throw new Error("The room is not there.");
  }
  return chat;
}

describe("what is being written", () => {
  let store: Store;
  let typed: ConversationId[];
  let composition: Composition;
  const now = (place: Place) => [composingAt(store.get().composing, place).mode, textAt(store.get(), place)];

  beforeEach(() => {
    store = storeWith(message(2, ME), message(3));
    typed = [];
    const drafts = {
      write: (conversationId: ConversationId, text: string) => { store.dispatch({ type: "drafted", conversationId, text }); },
      sent: (conversationId: ConversationId) => { store.dispatch({ type: "drafted", conversationId, text: "" }); },
    };
    composition = new Composition(store, drafts, (conversationId) => { typed.push(conversationId); });
  });

  it("is by conversation and by thread", () => {
    composition.write(HERE, "here");
    composition.write(THREAD, "in the thread");
    expect([now(HERE), now(THREAD)]).toEqual([["new", "here"], ["new", "in the thread"]]);
    composition.sent(THREAD);
    expect([now(HERE), now(THREAD)]).toEqual([["new", "here"], ["new", ""]]);
    expect(typed).toEqual([ROOM, ROOM]);
  });

  it("is kept while a message is said otherwise, and of that nobody hears that one types", () => {
    composition.write(HERE, "a draft");
    composition.edit(HERE, 2, "text 2");
    composition.write(HERE, "text two");
    expect(now(HERE)).toEqual(["edit", "text two"]);
    expect(typed).toEqual([ROOM]);
    composition.end(HERE);
    expect(now(HERE)).toEqual(["new", "a draft"]);
  });

  it("answers a message until it is sent, or that one is deleted", () => {
    composition.write(HERE, "yes");
    composition.reply(HERE, 3);
    expect(now(HERE)).toEqual(["reply", "yes"]);
    composition.sent(HERE);
    expect(now(HERE)).toEqual(["new", ""]);
    composition.reply(HERE, 3);
    composition.reply(THREAD, 2);
    store.dispatch({ type: "entry_came", entry: changing(4, { type: "deletion" }, ANNA, 3) });
    expect([now(HERE), now(THREAD)]).toEqual([["new", ""], ["reply", ""]]);
  });

  it("is gone with the conversation", () => {
    composition.reply(HERE, 3);
    composition.write(THREAD, "x");
    store.dispatch({ type: "left", conversationId: ROOM, seq: 0 });
    expect([now(HERE), now(THREAD)]).toEqual([["new", ""], ["new", ""]]);
  });
});

describe("the newest message of one's own", () => {
  it("is as it is now", () => {
    const store = storeWith(message(2, ME), message(3), changing(4, { type: "edit", text: "two" }, ME, 2));
    expect(lastOwn(chatOf(store), null, ME)).toEqual({ seq: 2, text: "two" });
    expect(messageAt(chatOf(store), 2, ME)).toMatchObject({ senderId: ME, shown: { text: "two", isEdited: true } });
    expect(messageAt(chatOf(store), 4, ME)).toBeNull();
    expect(messageAt(chatOf(store), 9, ME)).toBeNull();
  });

  it("is none that is deleted, hidden, of another place, a question, or what somebody else said first", () => {
    const store = storeWith(
      message(2, ME),
      saying(3, { thread: 1, text: "in a thread" }, ME),
      saying(4, { poll: POLL }, ME),
      saying(5, { forwarded: { senderId: ANNA, at: 0 } }, ME),
      message(6, ME),
      changing(7, { type: "deletion" }, ME, 6),
    );
    expect(lastOwn(chatOf(store), null, ME)?.seq).toBe(2);
    expect(lastOwn(chatOf(store), 1, ME)?.text).toBe("in a thread");
    expect(lastOwn({ ...chatOf(store), hidden: new Set([2]) }, null, ME)).toBeNull();
    expect(lastOwn(chatOf(store), null, ANNA)?.seq).toBe(1);
    expect(canEdit({ ...AS_SENT, text: "x", isVague: false, isHidden: true })).toBe(false);
  });
});
