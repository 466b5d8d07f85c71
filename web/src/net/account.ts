/** The calls about the user, their sessions, and others. */

import type { LoginSession, Privacy, Profile, QuietHours, Status, User, UserId } from "../core/types";
import {
  FindUsersResponseSchema,
  GetPrivacyResponseSchema,
  GetQuietHoursResponseSchema,
  ListSessionsResponseSchema,
  UpdatePrivacyRequestSchema,
  UpdateProfileResponseSchema,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { SetStatusRequestSchema } from "../gen/elastic_chat/presence/v1/presence_service_pb";
import { bodyOf, type Calls, present, query } from "./calls";
import { audienceTo, privacyFrom, statusTo, timeFrom, userFrom } from "./wire";

/** Keeps an address with user ids in it under 8 KiB. */
const IDS_PER_CALL = 100;

export class AccountApi {
  constructor(private readonly calls: Calls) {}

  /** Null if nobody has this name. */
  async findUser(username: string): Promise<User | null> {
    const { users } = await this.calls.ask(FindUsersResponseSchema, "GET", `/v1/users?${query({ username })}`);
    return users[0] === undefined ? null : userFrom(users[0]);
  }

  async findUsers(userIds: readonly UserId[]): Promise<readonly User[]> {
    const found: User[] = [];
    for (const ids of chunks(userIds, IDS_PER_CALL)) {
      const { users } = await this.calls.ask(FindUsersResponseSchema, "GET", `/v1/users?${query({ userIds: ids })}`);
      found.push(...users.map(userFrom));
    }
    return found;
  }

  /** The one that was used last before the others. */
  async listSessions(): Promise<readonly LoginSession[]> {
    const { sessions } = await this.calls.ask(ListSessionsResponseSchema, "GET", "/v1/sessions");
    return sessions.map(({ sessionId, device, createdAt, lastUsedAt, isCurrent }) => ({
      sessionId,
      device,
      createdAt: timeFrom(createdAt),
      lastUsedAt: timeFrom(lastUsedAt),
      isCurrent,
    }));
  }

  async endSession(sessionId: string): Promise<void> {
    await this.calls.tell("DELETE", `/v1/sessions/${encodeURIComponent(sessionId)}`);
  }

  /** Ends all but the one that asks. */
  async endOtherSessions(): Promise<void> {
    await this.calls.tell("POST", "/v1/sessions/end-others", {});
  }

  /** Ends all other sessions, too. */
  async changePassword(oldPassword: string, newPassword: string): Promise<void> {
    await this.calls.tell("POST", "/v1/auth/password", { oldPassword, newPassword });
  }

  /** For good. */
  async deleteAccount(password: string): Promise<void> {
    await this.calls.tell("POST", "/v1/auth/delete-account", { password });
  }

  async setStatus(status: Status): Promise<void> {
    await this.calls.tell("PUT", "/v1/presence/status", bodyOf(SetStatusRequestSchema, { status: statusTo(status) }));
  }

  /** Changes what is given, and tells how others see the user then. */
  async setProfile({ displayName, avatarFileId }: Profile): Promise<User> {
    const body = { ...(displayName === undefined ? {} : { displayName }), ...(avatarFileId === undefined ? {} : { avatarFileId: avatarFileId ?? "" }) };
    const { user } = await this.calls.ask(UpdateProfileResponseSchema, "PATCH", "/v1/account/profile", body);
    return userFrom(present(user));
  }

  async privacy(): Promise<Privacy> {
    return privacyFrom((await this.calls.ask(GetPrivacyResponseSchema, "GET", "/v1/account/privacy")).privacy);
  }

  async setPrivacy({ presence, receipts }: Privacy): Promise<void> {
    await this.calls.tell("PATCH", "/v1/account/privacy", bodyOf(UpdatePrivacyRequestSchema, { presence: audienceTo(presence), receipts }));
  }

  /** Null if there is no such time. */
  async quietHours(): Promise<QuietHours | null> {
    const { quietHours } = await this.calls.ask(GetQuietHoursResponseSchema, "GET", "/v1/account/quiet-hours");
    if (quietHours === undefined) {
      return null;
    }
    const { beginsMinute, endsMinute, timeZone } = quietHours;
    return { beginsMinute, endsMinute, timeZone };
  }

  async setQuietHours(quietHours: QuietHours | null): Promise<void> {
    await this.calls.tell("PUT", "/v1/account/quiet-hours", quietHours === null ? {} : { quietHours: { ...quietHours } });
  }
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
