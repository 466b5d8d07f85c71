/** The calls that make conversations, and say who is in them and what they are like. */

import type {
  Ban,
  Conversation,
  ConversationId,
  ConversationKind,
  ConversationSettings,
  Invite,
  InvitePreview,
  Listed,
  MessageId,
  PublicConversation,
  Role,
  UserId,
} from "../core/types";
import {
  GetInviteResponseSchema,
  ListBansResponseSchema,
  ListInvitesResponseSchema,
  ListPublicConversationsResponseSchema,
} from "../gen/elastic_chat/history/v1/history_service_pb";
import {
  CreateConversationRequestSchema,
  CreateConversationResponseSchema,
  CreateInviteResponseSchema,
  JoinResponseSchema,
  SetRoleRequestSchema,
} from "../gen/elastic_chat/router/v1/router_service_pb";
import type { Invite as WireInvite } from "../gen/elastic_chat/types/v1/conversation_pb";
import { bodyOf, type Calls, pathOf, present, query } from "./calls";
import { avatarFrom, conversationFrom, kindFrom, kindTo, roleTo, settingsTo, timeFrom } from "./wire";

export interface InviteOptions {
  /** Seconds for which it is good, at most a year; a week if it is not said. */
  readonly lifetimeS?: number;
  /** How often it may be used; as often as one likes if it is not said. */
  readonly maxUses?: number;
}

export class GroupsApi {
  constructor(private readonly calls: Calls) {}

  /** Gives back the conversation that is there already, for the same partner or the same `messageId`. */
  async create(kind: ConversationKind, title: string, memberIds: readonly UserId[], messageId: MessageId): Promise<Conversation> {
    const body = bodyOf(CreateConversationRequestSchema, { kind: kindTo(kind), title, memberIds: [...memberIds], messageId });
    const { conversation } = await this.calls.ask(CreateConversationResponseSchema, "POST", "/v1/conversations", body);
    return conversationFrom(present(conversation));
  }

  /** Sets what is given; the rest stays as it is. */
  async set(conversationId: ConversationId, settings: Partial<ConversationSettings>): Promise<void> {
    await this.calls.tell("PATCH", pathOf(conversationId), settingsTo(settings));
  }

  async addMember(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.calls.tell("POST", `${pathOf(conversationId)}/members`, { userId });
  }

  /** Adds 1 to 500 users at once, once for each `messageId`. */
  async addMembers(conversationId: ConversationId, userIds: readonly UserId[], messageId: MessageId): Promise<void> {
    await this.calls.tell("POST", `${pathOf(conversationId)}/add-members`, { userIds: [...userIds], messageId });
  }

  async removeMember(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.calls.tell("DELETE", `${pathOf(conversationId)}/members/${encodeURIComponent(userId)}`);
  }

  /** Any role but that of the owner, which is handed over. */
  async setRole(conversationId: ConversationId, userId: UserId, role: Exclude<Role, "owner">): Promise<void> {
    const { role: name } = bodyOf(SetRoleRequestSchema, { role: roleTo(role) }) as { role: string };
    await this.calls.tell("PUT", `${pathOf(conversationId)}/members/${encodeURIComponent(userId)}/role`, { role: name });
  }

  /** The user is an administrator from then on. */
  async handOver(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.calls.tell("PUT", `${pathOf(conversationId)}/owner`, { userId });
  }

  /** Takes a user out, and lets them in no more. */
  async ban(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.calls.tell("PUT", banPath(conversationId, userId), {});
  }

  async unban(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.calls.tell("DELETE", banPath(conversationId, userId));
  }

  async listBans(conversationId: ConversationId): Promise<readonly Ban[]> {
    const { bans } = await this.calls.ask(ListBansResponseSchema, "GET", `${pathOf(conversationId)}/bans`);
    return bans.map(({ userId, bannedBy, bannedAt }) => ({ userId: userId as UserId, bannedBy: bannedBy as UserId, at: timeFrom(bannedAt) }));
  }

  /** Gives the code of a new invite, which is told only here. */
  async createInvite(conversationId: ConversationId, options: InviteOptions = {}): Promise<string> {
    return (await this.calls.ask(CreateInviteResponseSchema, "POST", `${pathOf(conversationId)}/invites`, { ...options })).code;
  }

  /** Those that still let somebody in, the newest first. */
  async listInvites(conversationId: ConversationId): Promise<readonly Invite[]> {
    const { invites } = await this.calls.ask(ListInvitesResponseSchema, "GET", `${pathOf(conversationId)}/invites`);
    return invites.map(inviteFrom);
  }

  async withdrawInvite(conversationId: ConversationId, inviteId: string): Promise<void> {
    await this.calls.tell("DELETE", `${pathOf(conversationId)}/invites/${encodeURIComponent(inviteId)}`);
  }

  /** What a code leads to, without joining. */
  async previewInvite(code: string): Promise<InvitePreview> {
    const answer = await this.calls.ask(GetInviteResponseSchema, "POST", "/v1/join/preview", { code });
    return { conversation: conversationFrom(present(answer.conversation)), memberCount: answer.memberCount, isJoined: answer.joined };
  }

  async join(code: string): Promise<ConversationId> {
    const { conversationId } = await this.calls.ask(JoinResponseSchema, "POST", "/v1/join", { code });
    return conversationId as ConversationId;
  }

  async joinPublic(conversationId: ConversationId): Promise<void> {
    await this.calls.tell("POST", `${pathOf(conversationId)}/join`, {});
  }

  /** Public conversations by how their titles begin, in upper or lower case; all of them if that is empty. */
  async listPublic(titlePrefix: string, pageToken = ""): Promise<Listed<PublicConversation>> {
    const path = `/v1/public-conversations?${query({ titlePrefix, pageToken })}`;
    const { conversations, nextPageToken } = await this.calls.ask(ListPublicConversationsResponseSchema, "GET", path);
    const items = conversations.map(({ conversationId, kind, title, topic, avatarFileId }) => ({
      conversationId: conversationId as ConversationId,
      kind: kindFrom(kind),
      title,
      topic,
      avatarFileId: avatarFrom(avatarFileId),
    }));
    return { items, next: nextPageToken };
  }
}

function banPath(conversationId: ConversationId, userId: UserId): string {
  return `${pathOf(conversationId)}/bans/${encodeURIComponent(userId)}`;
}

function inviteFrom({ inviteId, createdBy, createdAt, expiresAt, maxUses, uses }: WireInvite): Invite {
  return { inviteId, createdBy: createdBy as UserId, createdAt: timeFrom(createdAt), expiresAt: timeFrom(expiresAt), maxUses, uses };
}
