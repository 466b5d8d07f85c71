/** The REST calls, in proto3 JSON. Each ends within ten seconds, and throws ApiError and nothing else. */

import { create, type DescMessage, fromJson, type JsonValue, type MessageInitShape, type MessageShape, toJson } from "@bufbuild/protobuf";

import type { Change, Conversation, ConversationId, Entry, FileId, FileRef, Later, LinkPreview, MessageId, Mine, Page, Privacy, Status, Summary, User, UserId, Watermark } from "../core/types";
import {
  FindUsersResponseSchema,
  LoginRequestSchema,
  LoginResponseSchema,
  LogoutRequestSchema,
  LogoutResponseSchema,
  RefreshRequestSchema,
  RefreshResponseSchema,
  RegisterRequestSchema,
  RegisterResponseSchema,
  UpdatePrivacyRequestSchema,
  UpdatePrivacyResponseSchema,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { GetFileResponseSchema, GetFileUrlResponseSchema, GetLinkPreviewResponseSchema } from "../gen/elastic_chat/files/v1/files_service_pb";
import {
  GetConversationResponseSchema,
  GetInviteResponseSchema,
  GetMessageResponseSchema,
  ListConversationsResponseSchema,
  ListDraftsResponseSchema,
  ListMembersResponseSchema,
  ListMessagesResponseSchema,
  ListScheduledMessagesResponseSchema,
  ListStarsResponseSchema,
} from "../gen/elastic_chat/history/v1/history_service_pb";
import {
  GetBadgeResponseSchema,
  GetPushKeyResponseSchema,
  RegisterPushSubscriptionRequestSchema,
  RegisterPushSubscriptionResponseSchema,
  RemovePushSubscriptionResponseSchema,
  SetStatusRequestSchema,
  SetStatusResponseSchema,
} from "../gen/elastic_chat/presence/v1/presence_service_pb";
import {
  AddMemberRequestSchema,
  AddMemberResponseSchema,
  AddReactionResponseSchema,
  ClosePollResponseSchema,
  CreateConversationRequestSchema,
  CreateConversationResponseSchema,
  CreateInviteResponseSchema,
  DeleteMessageResponseSchema,
  EditMessageResponseSchema,
  JoinResponseSchema,
  PinMessageResponseSchema,
  RemoveMemberResponseSchema,
  VoteResponseSchema,
} from "../gen/elastic_chat/router/v1/router_service_pb";
import { Conversation_Kind, ConversationPreferencesSchema } from "../gen/elastic_chat/types/v1/conversation_pb";
import { deviceToken, keepDeviceToken } from "./device";
import { ApiError } from "./errors";
import { call, type TokenSource, withToken } from "./http";
import type { Subscription } from "./push";
import { uploaded } from "./uploads";
import { audienceTo, conversationFrom, entryFrom, fileFrom, laterFrom, linkPreviewFrom, mineTo, pageFrom, statusTo, summaryFrom, userFrom, watermarkFrom } from "./wire";

export interface Tokens {
  readonly userId: UserId;
  readonly accessToken: string;
  /** Seconds until the access token ends. */
  readonly expiresIn: number;
}

export interface PageQuery {
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
  readonly pageSize: number;
}

export interface Members {
  readonly members: readonly UserId[];
  readonly watermarks: readonly Watermark[];
}

/** Keeps an address with user ids in it under 8 KiB. */
const IDS_PER_CALL = 100;

/** Has the refresh token in a cookie that no script reads. No other page can say this for the user: ADR 35. */
const IN_COOKIE = { "x-refresh-token": "cookie" };

/** The calls that begin a login session, go on with it, and end it. */
export const authentication = {
  register: (username: string, password: string, displayName: string) =>
    authenticate(RegisterResponseSchema, "register", bodyOf(RegisterRequestSchema, { username, password, displayName })).then((answer) =>
      loggedIn(username, answer),
    ),
  login: (username: string, password: string) =>
    authenticate(LoginResponseSchema, "login", bodyOf(LoginRequestSchema, { username, password, deviceToken: deviceToken(username) })).then(
      (answer) => loggedIn(username, answer),
    ),
  /** Without a refresh token, the cookie's is used. */
  refresh: (refreshToken: string) => authenticate(RefreshResponseSchema, "refresh", bodyOf(RefreshRequestSchema, { refreshToken })).then(tokensFrom),
  logout: async (accessToken: string): Promise<void> => {
    await authenticate(LogoutResponseSchema, "logout", bodyOf(LogoutRequestSchema, {}), accessToken);
  },
} as const;

/** The calls of a user who is logged in. A token that is refused is replaced once. */
export class Api {
  constructor(private readonly token: TokenSource) {}

  /** Null if nobody has this name. */
  async findUser(username: string): Promise<User | null> {
    const { users } = await this.call(FindUsersResponseSchema, "GET", `/v1/users?${query({ username })}`);
    return users[0] === undefined ? null : userFrom(users[0]);
  }

  async findUsers(userIds: readonly UserId[]): Promise<readonly User[]> {
    const found: User[] = [];
    for (const ids of chunks(userIds, IDS_PER_CALL)) {
      const { users } = await this.call(FindUsersResponseSchema, "GET", `/v1/users?${query({ userIds: ids })}`);
      found.push(...users.map(userFrom));
    }
    return found;
  }

  async listConversations(): Promise<readonly Summary[]> {
    const { conversations } = await this.call(ListConversationsResponseSchema, "GET", "/v1/conversations");
    return conversations.map(summaryFrom).filter((summary) => summary !== null);
  }

  async getConversation(conversationId: ConversationId): Promise<Summary> {
    const answer = await this.call(GetConversationResponseSchema, "GET", pathOf(conversationId));
    return present(answer.conversation === undefined ? null : summaryFrom(answer.conversation));
  }

  async listMessages(conversationId: ConversationId, page: PageQuery): Promise<Page> {
    return pageFrom(await this.call(ListMessagesResponseSchema, "GET", `${pathOf(conversationId)}/messages?${query({ ...page })}`));
  }

  /** A message as it is now. */
  async getMessage(conversationId: ConversationId, seq: number): Promise<Entry> {
    const { entry } = await this.call(GetMessageResponseSchema, "GET", messagePath(conversationId, seq));
    return entryFrom(present(entry ?? null));
  }

  /** Changes a message, once for each `messageId` however often it is tried. */
  async changeMessage(conversationId: ConversationId, seq: number, change: Change, messageId: MessageId): Promise<void> {
    const path = messagePath(conversationId, seq);
    switch (change.type) {
      case "edit":
        await this.call(EditMessageResponseSchema, "PATCH", path, { messageId, body: { text: change.text } });
        break;
      case "deletion":
        await this.call(DeleteMessageResponseSchema, "DELETE", `${path}?${query({ messageId })}`);
        break;
      case "reaction": {
        const method = change.isRemoved ? "DELETE" : "PUT";
        await this.call(AddReactionResponseSchema, method, `${path}/reactions/${encodeURIComponent(change.emoji)}?${query({ messageId })}`);
        break;
      }
      case "vote":
        await this.call(VoteResponseSchema, "PUT", `${path}/vote`, { messageId, options: [...change.options] });
        break;
      case "pin":
        await this.call(PinMessageResponseSchema, change.isRemoved ? "DELETE" : "PUT", `${path}/pin?${query({ messageId })}`);
        break;
      case "closing":
        await this.call(ClosePollResponseSchema, "PUT", `${path}/closing?${query({ messageId })}`);
        break;
    }
  }

  async listMembers(conversationId: ConversationId): Promise<Members> {
    const members: UserId[] = [];
    const watermarks: Watermark[] = [];
    let pageToken = "";
    do {
      const page = await this.call(ListMembersResponseSchema, "GET", `${pathOf(conversationId)}/members?${query({ pageToken })}`);
      members.push(...page.members.map((member) => member.userId as UserId));
      watermarks.push(...page.watermarks.map(watermarkFrom));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return { members, watermarks };
  }

  /** Gives back the conversation that is there already, for the same partner or the same `messageId`. */
  async createConversation(kind: "direct" | "group", title: string, memberIds: readonly UserId[], messageId: MessageId): Promise<Conversation> {
    const wireKind = kind === "direct" ? Conversation_Kind.DIRECT : Conversation_Kind.GROUP;
    const body = bodyOf(CreateConversationRequestSchema, { kind: wireKind, title, memberIds: [...memberIds], messageId });
    const { conversation } = await this.call(CreateConversationResponseSchema, "POST", "/v1/conversations", body);
    return conversationFrom(present(conversation ?? null));
  }

  async addMember(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.call(AddMemberResponseSchema, "POST", `${pathOf(conversationId)}/members`, bodyOf(AddMemberRequestSchema, { userId }));
  }

  async removeMember(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.call(RemoveMemberResponseSchema, "DELETE", `${pathOf(conversationId)}/members/${encodeURIComponent(userId)}`);
  }

  /** What is known of a file. */
  async getFile(fileId: FileId): Promise<FileRef> {
    const { file } = await this.call(GetFileResponseSchema, "GET", `/v1/files/${encodeURIComponent(fileId)}`);
    return fileFrom(present(file ?? null));
  }

  /** An address by which a page can show a file, for some minutes. */
  async fileUrl(fileId: FileId, variant: "VARIANT_UNSPECIFIED" | "VARIANT_LARGE"): Promise<string> {
    const { url } = await this.call(GetFileUrlResponseSchema, "GET", `/v1/files/${encodeURIComponent(fileId)}/url?${query({ variant })}`);
    return url;
  }

  /** What a link leads to. */
  async linkPreview(url: string): Promise<LinkPreview | null> {
    const { preview } = await this.call(GetLinkPreviewResponseSchema, "GET", `/v1/link-previews?${query({ url })}`);
    return preview === undefined ? null : linkPreviewFrom(preview);
  }

  /** Uploads a file, and tells what it has become. An upload that is interrupted goes on by itself. */
  async upload(file: File, onProgress: (part: number) => void): Promise<FileRef> {
    return this.getFile(await uploaded(file, this.token, onProgress));
  }

  /** Gives the code of a new invite, good for a week. */
  async createInvite(conversationId: ConversationId): Promise<string> {
    const { code } = await this.call(CreateInviteResponseSchema, "POST", `${pathOf(conversationId)}/invites`, {});
    return code;
  }

  /** What a code leads to, without joining. */
  async previewInvite(code: string): Promise<{ readonly title: string; readonly memberCount: number }> {
    const { conversation, memberCount } = await this.call(GetInviteResponseSchema, "POST", "/v1/join/preview", { code });
    return { title: present(conversation ?? null).title, memberCount };
  }

  async join(code: string): Promise<ConversationId> {
    const { conversationId } = await this.call(JoinResponseSchema, "POST", "/v1/join", { code });
    return conversationId as ConversationId;
  }

  async setStatus(status: Status): Promise<void> {
    await this.call(SetStatusResponseSchema, "PUT", "/v1/presence/status", bodyOf(SetStatusRequestSchema, { status: statusTo(status) }));
  }

  async setPrivacy({ presence, receipts }: Privacy): Promise<void> {
    const body = bodyOf(UpdatePrivacyRequestSchema, { presence: audienceTo(presence), receipts });
    await this.call(UpdatePrivacyResponseSchema, "PATCH", "/v1/account/privacy", body);
  }

  /** The key by which this server may send to the browser. */
  async pushKey(): Promise<string> {
    return (await this.call(GetPushKeyResponseSchema, "GET", "/v1/push-key")).publicKey;
  }

  /** Has this browser told of messages, for as long as the session lasts; gives back its name. */
  async registerDevice({ endpoint, p256dh, auth }: Subscription): Promise<string> {
    const body = bodyOf(RegisterPushSubscriptionRequestSchema, { endpoint, keys: { p256dh, auth }, showsText: true });
    const { subscription } = await this.call(RegisterPushSubscriptionResponseSchema, "PUT", "/v1/push-subscriptions", body);
    return present(subscription ?? null).subscriptionId;
  }

  async removeDevice(subscriptionId: string): Promise<void> {
    await this.call(RemovePushSubscriptionResponseSchema, "DELETE", `/v1/push-subscriptions/${encodeURIComponent(subscriptionId)}`);
  }

  /** The number that the icon should show. */
  async badge(): Promise<number> {
    return Number((await this.call(GetBadgeResponseSchema, "GET", "/v1/badge")).count);
  }

  /** Sets how the user has a conversation; what is not given stays as it is. */
  async prefer(conversationId: ConversationId, changed: Partial<Mine>, isMarkedUnread?: boolean): Promise<void> {
    await this.tell("PATCH", `${pathOf(conversationId)}/preferences`, bodyOf(ConversationPreferencesSchema, mineTo(changed, isMarkedUnread)));
  }

  /** Shows the user a message no more. */
  async hide(conversationId: ConversationId, seq: number): Promise<void> {
    await this.tell("PUT", `${pathOf(conversationId)}/messages/${seq}/hidden`);
  }

  async star(conversationId: ConversationId, seq: number, isStarred: boolean): Promise<void> {
    await this.tell(isStarred ? "PUT" : "DELETE", `${pathOf(conversationId)}/messages/${seq}/star`);
  }

  /** The messages that are starred, as they are now: the newest stars first. */
  async listStars(): Promise<readonly Entry[]> {
    const { entries } = await this.call(ListStarsResponseSchema, "GET", `/v1/stars?${query({ pageSize: 100 })}`);
    return entries.map(entryFrom);
  }

  /** What is written and not sent, by conversation. */
  async listDrafts(): Promise<ReadonlyMap<ConversationId, string>> {
    const { drafts } = await this.call(ListDraftsResponseSchema, "GET", "/v1/drafts");
    const own = drafts.filter(({ draft }) => draft?.thread === 0n);
    return new Map(own.map(({ conversationId, draft }) => [conversationId as ConversationId, draft?.text ?? ""]));
  }

  /** An empty one is taken out. */
  async keepDraft(conversationId: ConversationId, text: string): Promise<void> {
    await (text === "" ? this.tell("DELETE", `${pathOf(conversationId)}/draft`) : this.tell("PUT", `${pathOf(conversationId)}/draft`, { text }));
  }

  /** Lets a message be sent at a time, in Unix milliseconds. */
  async schedule(conversationId: ConversationId, messageId: MessageId, text: string, at: number): Promise<void> {
    await this.tell("POST", `${pathOf(conversationId)}/scheduled-messages`, { messageId, body: { text }, deliverAt: new Date(at).toISOString() });
  }

  async listScheduled(): Promise<readonly Later[]> {
    const { messages } = await this.call(ListScheduledMessagesResponseSchema, "GET", "/v1/scheduled-messages");
    return messages.map(laterFrom).filter((later) => later !== null);
  }

  async cancelScheduled(messageId: MessageId): Promise<void> {
    await this.tell("DELETE", `/v1/scheduled-messages/${encodeURIComponent(messageId)}`);
  }

  /** Makes a call whose answer says nothing more than that it was done. */
  private async tell(method: string, path: string, body?: JsonValue): Promise<void> {
    await withToken(this.token, (accessToken) => call(method, path, body, accessToken));
  }

  private call<D extends DescMessage>(schema: D, method: string, path: string, body?: JsonValue): Promise<MessageShape<D>> {
    return withToken(this.token, (accessToken) => send(schema, method, path, body, accessToken));
  }
}

function authenticate<D extends DescMessage>(schema: D, name: string, body: JsonValue, accessToken?: string): Promise<MessageShape<D>> {
  return send(schema, "POST", `/v1/auth/${name}`, body, accessToken, IN_COOKIE);
}

async function send<D extends DescMessage>(
  schema: D,
  method: string,
  path: string,
  body?: JsonValue,
  accessToken?: string,
  headers?: Readonly<Record<string, string>>,
): Promise<MessageShape<D>> {
  const answer = await call(method, path, body, accessToken, headers);
  try {
    return fromJson(schema, answer as JsonValue, { ignoreUnknownFields: true });
  } catch {
    throw new ApiError("UNAVAILABLE", `${method} ${path} answered with something that is no ${schema.typeName}.`);
  }
}

function bodyOf<D extends DescMessage>(schema: D, init: MessageInitShape<D>): JsonValue {
  return toJson(schema, create(schema, init));
}

function loggedIn(username: string, answer: Parameters<typeof tokensFrom>[0] & { deviceToken: string }): Tokens {
  keepDeviceToken(username, answer.deviceToken);
  return tokensFrom(answer);
}

function tokensFrom({ userId, accessToken, expiresIn }: { userId: string; accessToken: string; expiresIn: number }): Tokens {
  return { userId: userId as UserId, accessToken, expiresIn };
}

function pathOf(conversationId: ConversationId): string {
  return `/v1/conversations/${encodeURIComponent(conversationId)}`;
}

function messagePath(conversationId: ConversationId, seq: number): string {
  return `${pathOf(conversationId)}/messages/${seq}`;
}

function query(parameters: Readonly<Record<string, string | number | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    (typeof value === "object" ? value : [value]).map((item) => [name, String(item)]),
  );
  return new URLSearchParams(pairs).toString();
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function present<T>(value: T | null): T {
  if (value === null) {
    throw new ApiError("UNAVAILABLE", "The server answered without what was asked for.");
  }
  return value;
}
