/** What members of a conversation may do, as the server tells it: a sum of bits. */

import type { Conversation, Member } from "./types";

export const PERMISSIONS = {
  read: 1,
  write: 2,
  addMembers: 4,
  removeMembers: 8,
  /** Change settings and roles. */
  manage: 16,
  pin: 32,
  mentionAll: 64,
  /** Delete what others wrote, and ban. */
  moderate: 128,
  invite: 256,
  handOver: 512,
} as const;

export type Permission = keyof typeof PERMISSIONS;

/** What a member may do where they are: what the conversation lets its members do counts before what that role gives elsewhere. */
export function permissionsOf({ role, permissions }: Member, { memberPermissions }: Pick<Conversation, "memberPermissions">): number {
  return role === "member" && memberPermissions !== 0 ? memberPermissions : permissions;
}

/** Whether a member may do something. Nobody may who is no member. */
export function may(member: Member | null, conversation: Pick<Conversation, "memberPermissions">, permission: Permission): boolean {
  return member !== null && (permissionsOf(member, conversation) & PERMISSIONS[permission]) !== 0;
}
