/** Who is looked up, and when again: nobody is told that a name or a picture has changed. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Directory } from "../src/app/directory";
import { Store } from "../src/app/store";
import { NOTHING_SAVED } from "../src/core/snapshot";
import { initial, update } from "../src/core/state";
import type { User, UserId } from "../src/core/types";
import { ANNA, direct, ME, message, ROOM, summary } from "./make";

const user = (userId: UserId, displayName: string): User => ({ userId, username: userId, displayName });

beforeEach(() => { vi.useFakeTimers({ now: 1_000_000_000 }); });
afterEach(() => { vi.useRealTimers(); });

function begin(users: readonly User[]) {
  const store = new Store(update, initial);
  const findUsers = vi.fn((ids: readonly UserId[]) => Promise.resolve(ids.map((id) => user(id, `${id} now`))));
  new Directory(store, { findUsers });
  const saved = { ...NOTHING_SAVED, users: new Map(users.map((one) => [one.userId, one])) };
  store.dispatch({ type: "signed_in", userId: ME, outbox: [], saved });
  store.dispatch({ type: "conversations_listed", summaries: [summary(direct, message(1), 1, 0)] });
  const nameOf = (id: UserId) => store.get().users.get(id)?.displayName;
  const open = (isOpen: boolean) => { store.dispatch({ type: "opened", conversationId: isOpen ? ROOM : null }); };
  return { store, findUsers, nameOf, open };
}

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the directory", () => {
  it("asks once for those of whom nothing is known", async () => {
    const { findUsers, nameOf } = begin([]);
    await after(100);
    expect(findUsers).toHaveBeenCalledExactlyOnceWith([ME, ANNA]);
    expect(nameOf(ANNA)).toBe(`${ANNA} now`);
    await after(60_000);
    expect(findUsers).toHaveBeenCalledTimes(1);
  });

  it("looks once again at those in the list whom the device has kept, when the page has begun", async () => {
    const { findUsers, nameOf } = begin([user(ME, "Me"), user(ANNA, "Anna, last year")]);
    await after(2_000);
    expect(findUsers).not.toHaveBeenCalled();
    await after(2_000);
    expect(findUsers).toHaveBeenCalledExactlyOnceWith([ME, ANNA]);
    expect(nameOf(ANNA)).toBe(`${ANNA} now`);
  });

  it("looks again at those of a conversation that is opened, after five minutes", async () => {
    const { findUsers, open } = begin([]);
    await after(4_000);
    open(true);
    await after(100);
    expect(findUsers).toHaveBeenCalledTimes(1);
    open(false);
    await after(5 * 60_000);
    expect(findUsers).toHaveBeenCalledTimes(1);
    open(true);
    await after(100);
    expect(findUsers).toHaveBeenCalledTimes(2);
    expect(findUsers).toHaveBeenLastCalledWith([ME, ANNA]);
  });

  it("keeps what it has while nobody can tell, and asks the next time", async () => {
    const { findUsers, nameOf, open } = begin([user(ME, "Me"), user(ANNA, "Anna")]);
    findUsers.mockRejectedValueOnce(new Error("away"));
    await after(4_000);
    expect(nameOf(ANNA)).toBe("Anna");
    open(true);
    await after(100);
    expect(nameOf(ANNA)).toBe(`${ANNA} now`);
  });
});
