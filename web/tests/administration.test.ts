import { describe, expect, it } from "vitest";

import { inOrder, powersOver } from "../src/core/administration";
import { PERMISSIONS } from "../src/core/permissions";
import { type ConversationState, initial, update } from "../src/core/state";
import type { Role, UserId } from "../src/core/types";
import { ANNA, BEN, group, ME, member, message, ROOM, summary } from "./make";

const ALL = Object.values(PERMISSIONS).reduce((sum, bit) => sum + bit, 0);
const PERMITTED: Readonly<Record<Role, number>> = { owner: ALL, admin: ALL - PERMISSIONS.handOver, member: 7, reader: 1 };

function room(mine: Role, others: Readonly<Record<UserId, Role>>): ConversationState {
  const members = [member(ME, mine, PERMITTED[mine]), ...Object.entries(others).map(([id, role]) => member(id as UserId, role, PERMITTED[role]))];
  let state = update(initial, { type: "signed_in", userId: ME, outbox: [] });
  state = update(state, { type: "conversations_listed", summaries: [summary(group, message(1), 1, 0)] });
  state = update(state, { type: "members_listed", conversationId: ROOM, members, watermarks: [] });
  const chat = state.conversations.get(ROOM);
  if (chat === undefined) {
    throw new Error("The conversation was not listed.");
  }
  return chat;
}

const NONE = { roles: [], mayRemove: false, mayBan: false, mayHandOver: false };

describe("what one may do with a member", () => {
  it("is everything for the owner", () => {
    expect(powersOver(room("owner", { [ANNA]: "admin" }), ANNA)).toEqual({ roles: ["member", "reader"], mayRemove: true, mayBan: true, mayHandOver: true });
    expect(powersOver(room("owner", { [ANNA]: "member" }), ANNA).roles).toEqual(["admin", "reader"]);
  });

  it("is for an administrator nothing with who administers, and not to make one", () => {
    const chat = room("admin", { [ANNA]: "member", [BEN]: "admin" });
    expect(powersOver(chat, ANNA)).toEqual({ roles: ["reader"], mayRemove: true, mayBan: true, mayHandOver: false });
    expect(powersOver(chat, BEN)).toEqual(NONE);
    expect(powersOver(room("admin", { [ANNA]: "owner" }), ANNA)).toEqual(NONE);
  });

  it("is nothing for a member, whoever it is", () => {
    expect(powersOver(room("member", { [ANNA]: "reader" }), ANNA)).toEqual(NONE);
  });

  it("is to step down for oneself, but for the owner, who hands over first", () => {
    expect(powersOver(room("admin", {}), ME).roles).toEqual(["member", "reader"]);
    expect(powersOver(room("owner", {}), ME)).toEqual(NONE);
  });
});

it("members are listed by what they are, and then by name", () => {
  const chat = room("member", { [BEN]: "owner", [ANNA]: "member" });
  expect(inOrder(chat, (userId) => ({ [ME]: "Zoe", [ANNA]: "Anna" })[userId] ?? "Ben")).toEqual([BEN, ANNA, ME]);
});
