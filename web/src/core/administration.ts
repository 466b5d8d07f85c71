/** What the user may do with another member. The server decides; this is what is offered. */

import { mayI } from "./select";
import type { ConversationState } from "./state";
import type { Role, UserId } from "./types";

export type GivenRole = Exclude<Role, "owner">;

const RANK: Readonly<Record<Role, number>> = { owner: 3, admin: 2, member: 1, reader: 0 };
const GIVEN: readonly GivenRole[] = ["admin", "member", "reader"];

export interface Powers {
  /** What the member can be made. */
  readonly roles: readonly GivenRole[];
  readonly mayRemove: boolean;
  readonly mayBan: boolean;
  readonly mayHandOver: boolean;
}

export function roleOf(chat: ConversationState, userId: UserId): Role {
  return chat.roles.get(userId) ?? (chat.conversation.kind === "channel" ? "reader" : "member");
}

/** Who administers is touched by the owner alone, the owner by nobody; and everyone may step down. */
export function powersOver(chat: ConversationState, userId: UserId): Powers {
  const mine = chat.me?.role ?? "reader";
  const role = roleOf(chat, userId);
  if (userId === chat.me?.userId) {
    return { roles: mine === "owner" ? [] : GIVEN.filter((one) => RANK[one] < RANK[mine]), mayRemove: false, mayBan: false, mayHandOver: false };
  }
  const isBelow = role !== "owner" && (mine === "owner" || role !== "admin");
  return {
    roles: isBelow && mayI(chat, "manage") ? GIVEN.filter((one) => one !== role && (one !== "admin" || mine === "owner")) : [],
    mayRemove: isBelow && mayI(chat, "removeMembers"),
    mayBan: isBelow && mayI(chat, "moderate"),
    mayHandOver: mayI(chat, "handOver"),
  };
}

/** Members in the order in which they are listed: by what they are, then by name. */
export function inOrder(chat: ConversationState, nameOf: (userId: UserId) => string): readonly UserId[] {
  const names = new Map((chat.members ?? []).map((userId) => [userId, nameOf(userId)]));
  return [...names.keys()].sort(
    (a, b) => RANK[roleOf(chat, b)] - RANK[roleOf(chat, a)] || (names.get(a) ?? "").localeCompare(names.get(b) ?? ""),
  );
}
