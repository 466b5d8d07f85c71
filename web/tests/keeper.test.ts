import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Keeper } from "../src/app/keeper";
import { Store } from "../src/app/store";
import { keptChanges, type KeptMessage, outboxFrom } from "../src/core/kept_outbox";
import { accepted, enqueued, merged, type Outbox, refused, retried, started, without } from "../src/core/outbox";
import { initial, update } from "../src/core/state";
import type { MessageId, UserId } from "../src/core/types";
import { LocalStore } from "../src/net/local";
import { browser } from "./browser";
import { group, id, ME, message, photo, POLL, ROOM, summary } from "./make";

const never = { reason: "TEXT_TOO_LONG", retryable: false, retryAfterMs: null };
const SAID = { text: "?", files: [photo], replyTo: 3, thread: 2, mentions: [ME], mentionsAll: true, poll: POLL };

describe("what is kept of the outbox", () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("write" as const), late: fc.nat({ max: 5 }) }),
    fc.record({ type: fc.constantFrom("start" as const, "accept" as const, "fail" as const, "retry" as const, "discard" as const), at: fc.nat({ max: 5 }) }),
  );

  it("gives back the same messages in the same order, whatever becomes of them and the clock", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const shelf = new Map<MessageId, KeptMessage>();
        let outbox: Outbox = [];
        steps.forEach((what, index) => {
          const before = outbox;
          const now = 100 + index - (what.type === "write" ? what.late : 0); // a clock may be set back
          const item = what.type === "write" ? undefined : outbox[what.at];
          if (what.type === "write") {
            outbox = enqueued(outbox, id(`m${String(index).padStart(3, "0")}`), ROOM, { text: `${index}` }, now);
          } else if (item !== undefined) {
            const { messageId } = item;
            outbox = {
              start: () => started(outbox, messageId, now),
              accept: () => accepted(outbox, messageId),
              fail: () => refused(started(outbox, messageId, now), messageId, never, now, 0),
              retry: () => retried(outbox, messageId, now),
              discard: () => without(outbox, messageId),
            }[what.type]();
          }
          for (const [messageId, kept] of keptChanges(before, outbox)) {
            if (kept === null) {
              shelf.delete(messageId);
            } else {
              shelf.set(messageId, kept);
            }
          }
        });
        const open = outbox.filter(({ delivery }) => delivery.state !== "accepted");
        const found = outboxFrom([...shelf.values()].toReversed(), 999);
        expect(found.map(({ messageId, said }) => [messageId, said])).toEqual(open.map(({ messageId, said }) => [messageId, said]));
        expect(found.map(({ delivery }) => delivery.state === "failed")).toEqual(open.map(({ delivery }) => delivery.state === "failed"));
      }),
    );
  });

  it("puts what another tab has at its place", () => {
    const here = enqueued(enqueued([], id("a"), ROOM, { text: "a" }, 10), id("c"), ROOM, { text: "c" }, 30);
    const [there] = enqueued([], id("b"), ROOM, { text: "b" }, 20);
    expect(there && merged(merged(here, there), there).map(({ messageId }) => messageId)).toEqual(["a", "b", "c"]);
  });

  it("leaves out what can't be read, and nothing else", () => {
    const good: KeptMessage = { messageId: id("m"), conversationId: ROOM, said: { text: "hi", files: [photo] }, createdAt: 1, queuedAt: 1, failure: null };
    const odd = [{ text: 7 }, { text: "x", files: 7 }, { text: "x", files: [7] }, { text: "x", mentions: [7] }, { text: "x", poll: {} }, { text: "x", thread: "x" }, { text: "x", forwarded: 7 }];
    const kept = outboxFrom([null, 3, {}, { messageId: "m" }, "x", ...odd.map((said) => ({ ...good, said })), good], 0);
    expect(kept.map(({ said }) => said)).toEqual([good.said]);
  });
});

describe("what is kept on the device", () => {
  let local: LocalStore;
  let store: Store;
  let keeper: Keeper;
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const listed = { type: "conversations_listed", summaries: [summary(group, message(5), 5, 0)] } as const;

  /** As a page begins. */
  async function open(userId: UserId = ME) {
    local = new LocalStore();
    store = new Store(update, initial);
    keeper = new Keeper(store, local);
    const found = keeper.load(userId);
    await pass(100);
    store.dispatch({ type: "signed_in", userId, ...(await found) });
  }

  beforeEach(async () => {
    vi.useFakeTimers();
    browser();
    await open();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is there at the next start: conversations, drafts, names, and what is to be sent with all that it says", async () => {
    store.dispatch(listed);
    store.dispatch({ type: "drafted", conversationId: ROOM, text: "dear" });
    store.dispatch({ type: "users_found", users: [{ userId: ME, username: "me", displayName: "Me" }] });
    store.dispatch({ type: "outbox_changed", outbox: enqueued([], id("m"), ROOM, SAID, 7) });
    await pass(2_000);
    await open();
    const state = store.get();
    expect([...state.conversations.keys()]).toEqual([ROOM]);
    expect(state.drafts.get(ROOM)).toBe("dear");
    expect(state.users.get(ME)?.displayName).toBe("Me");
    expect(state.outbox).toMatchObject([{ messageId: "m", said: SAID, createdAt: 7, delivery: { state: "waiting" } }]);
  });

  it("is written once for many changes, but what is to be sent at once", async () => {
    const saves = vi.spyOn(local, "save");
    const sends = vi.spyOn(local, "saveMessages");
    store.dispatch(listed);
    for (let seq = 6; seq < 60; seq += 1) {
      store.dispatch({ type: "entry_came", entry: message(seq) });
    }
    store.dispatch({ type: "outbox_changed", outbox: enqueued([], id("m"), ROOM, { text: "hi" }, 7) });
    expect([saves.mock.calls.length, sends.mock.calls.length]).toEqual([0, 1]);
    await pass(2_000);
    expect([saves.mock.calls.length, sends.mock.calls.length]).toEqual([1, 1]);
  });

  it("is written when the page goes, without waiting", async () => {
    store.dispatch(listed);
    window.dispatchEvent(new Event("pagehide"));
    await pass(100);
    await open();
    expect(store.get().conversations.size).toBe(1);
  });

  it("does not have a conversation that the user has left", async () => {
    store.dispatch(listed);
    await pass(2_000);
    store.dispatch({ type: "left", conversationId: ROOM, seq: 0 });
    await pass(2_000);
    await open();
    expect(store.get().conversations.size).toBe(0);
  });

  it("goes with the session, and what is to be sent only if the user has logged out", async () => {
    store.dispatch(listed);
    store.dispatch({ type: "outbox_changed", outbox: enqueued([], id("m"), ROOM, { text: "hi" }, 7) });
    await pass(2_000);
    store.dispatch({ type: "signed_out", notice: null });
    void keeper.forget(ME, false);
    await pass(100);
    await open();
    expect([store.get().conversations.size, store.get().users.size, store.get().outbox.length]).toEqual([0, 0, 1]);
    void keeper.forget(ME, true);
    await pass(100);
    await open();
    expect(store.get().outbox).toEqual([]);
  });

  it("is of one user, and not of another", async () => {
    store.dispatch(listed);
    await pass(2_000);
    await open("somebody-else" as UserId);
    expect(store.get().conversations.size).toBe(0);
  });

  it("takes over once what versions before kept in localStorage", async () => {
    const old = { conversationId: ROOM, text: "from before", files: [photo], createdAt: 7, failure: null };
    localStorage.setItem(`elastic-chat.outbox.${ME}.m1`, JSON.stringify(old));
    localStorage.setItem(`elastic-chat.outbox.${ME}.m2`, "garbled");
    await open();
    expect(store.get().outbox).toMatchObject([{ messageId: "m1", said: { text: "from before", files: [photo] } }]);
    expect(Object.keys(localStorage)).toEqual([]);
    await open();
    expect(store.get().outbox.length).toBe(1);
  });

  it("is nothing where the browser has no database, or one that does not answer, and all else goes on", async () => {
    for (const broken of [undefined, { open: () => { throw new Error("no leave"); } }, { open: () => new EventTarget() }]) {
      vi.stubGlobal("indexedDB", broken);
      localStorage.setItem(`elastic-chat.outbox.${ME}.m1`, JSON.stringify({ conversationId: ROOM, text: "x", createdAt: 7, failure: null }));
      const opening = open();
      await pass(5_000);
      await opening;
      expect(store.get().outbox.length).toBe(1);
      store.dispatch(listed);
      await pass(2_000);
      expect(store.get().conversations.size).toBe(1);
    }
  });

  it("is nothing where there is no room, and all else goes on", async () => {
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => { throw new DOMException("full", "QuotaExceededError"); });
    store.dispatch(listed);
    store.dispatch({ type: "outbox_changed", outbox: enqueued([], id("m"), ROOM, { text: "hi" }, 7) });
    await pass(2_000);
    vi.restoreAllMocks();
    expect([store.get().conversations.size, store.get().outbox.length]).toEqual([1, 1]);
    store.dispatch({ type: "drafted", conversationId: ROOM, text: "again" });
    await pass(2_000);
    await open();
    expect(store.get().drafts.get(ROOM)).toBe("again");
  });
});
