import { describe, expect, it, vi } from "vitest";

import { Groups } from "../src/app/groups";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { Api } from "../src/net/api";
import type { GroupsApi } from "../src/net/groups";
import { ANNA, BEN, group, id, ME, ROOM } from "./make";

const USERS = [
  { userId: ANNA, username: "anna", displayName: "Anna" },
  { userId: BEN, username: "ben", displayName: "Ben" },
];

function given() {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  const calls = {
    create: vi.fn(() => Promise.resolve(group)),
    set: vi.fn(() => Promise.resolve()),
    listBans: vi.fn(() => Promise.resolve([{ userId: ANNA, bannedBy: BEN, at: 1 }])),
  };
  const account = {
    findUser: vi.fn((username: string) => Promise.resolve(USERS.find((user) => user.username === username) ?? null)),
    findUsers: vi.fn((ids: readonly string[]) => Promise.resolve(USERS.filter(({ userId }) => ids.includes(userId)))),
  };
  const library = { discover: vi.fn(() => Promise.resolve()), loadMembers: vi.fn(() => Promise.resolve()), outdate: vi.fn() };
  const groups = new Groups(store, calls as unknown as GroupsApi, account as unknown as Api["account"], library, () => id("new"));
  return { store, calls, account, groups };
}

describe("a group that is created", () => {
  it("has its members by their names, and what else is set", async () => {
    const { calls, groups } = given();
    expect(await groups.create("group", "Walks", ["anna", "ben", "anna"], id("key"), { topic: "Where to" })).toBe(ROOM);
    expect(calls.create).toHaveBeenCalledExactlyOnceWith("group", "Walks", [ANNA, BEN], "key");
    expect(calls.set).toHaveBeenCalledExactlyOnceWith(ROOM, { topic: "Where to" });
  });

  it("is set nothing if nothing is given, and not made if somebody is unknown", async () => {
    const { calls, groups } = given();
    await groups.create("channel", "News", [], id("key"));
    expect(calls.set).not.toHaveBeenCalled();
    await expect(groups.create("group", "Walks", ["nobody"], id("other"))).rejects.toThrow("nobody");
    expect(calls.create).toHaveBeenCalledOnce();
  });
});

describe("who is looked for", () => {
  it("is known by name then, if there is somebody", async () => {
    const { store, groups } = given();
    expect(await groups.find("nobody")).toBe(false);
    expect(await groups.find("anna")).toBe(true);
    expect(store.get().users.get(ANNA)?.displayName).toBe("Anna");
  });
});

describe("those who are banned", () => {
  it("are named, though they are in no conversation, and asked for once", async () => {
    const { store, account, groups } = given();
    await groups.listBans(ROOM);
    await groups.listBans(ROOM);
    expect(store.get().users.get(ANNA)?.displayName).toBe("Anna");
    expect(account.findUsers).toHaveBeenCalledExactlyOnceWith([ANNA, BEN]);
  });
});
