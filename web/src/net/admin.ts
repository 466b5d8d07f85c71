/** The calls of administrators. Others fail with PERMISSION_DENIED. */

import { isTrace, type Trace } from "../core/trace";
import type { Account, AccountInvite, MessageId, ServiceToken, UserId } from "../core/types";
import {
  type Account as WireAccount,
  CreateBotResponseSchema,
  CreateInviteResponseSchema,
  CreateServiceTokenResponseSchema,
  CreateUserResponseSchema,
  GetAccountResponseSchema,
  type Invite as WireInvite,
  ListInvitesResponseSchema,
  ListServiceTokensResponseSchema,
  Role,
  type ServiceToken as WireServiceToken,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { type Calls, present, query } from "./calls";
import { ApiError } from "./errors";
import { timeFrom, userFrom } from "./wire";

export interface NewUser {
  readonly username: string;
  /** The user should change it. */
  readonly password: string;
  readonly displayName: string;
  readonly isAdmin: boolean;
}

export class AdminApi {
  constructor(private readonly calls: Calls) {}

  /** By their id, or their exact user name. */
  async getAccount(by: { readonly userId: UserId } | { readonly username: string }): Promise<Account> {
    return accountFrom((await this.calls.ask(GetAccountResponseSchema, "GET", `/v1/admin/users?${query({ ...by })}`)).account);
  }

  /** The way of a message. */
  async trace(messageId: MessageId): Promise<Trace> {
    const answer = await this.calls.read(`/v1/ops/traces/${encodeURIComponent(messageId)}`);
    if (!isTrace(answer)) {
      throw new ApiError("UNAVAILABLE", "The answer is no trace: is this page older than the stack? Load it again.");
    }
    return answer;
  }

  async createUser({ username, password, displayName, isAdmin }: NewUser): Promise<Account> {
    const body = { username, password, displayName, role: roleTo(isAdmin) };
    return accountFrom((await this.calls.ask(CreateUserResponseSchema, "POST", "/v1/admin/users", body)).account);
  }

  async setAdmin(userId: UserId, isAdmin: boolean): Promise<void> {
    await this.calls.tell("POST", `${userPath(userId)}/role`, { role: roleTo(isAdmin) });
  }

  /** Whoever is disabled is logged out, and logs in no more until they are enabled. */
  async setDisabled(userId: UserId, isDisabled: boolean): Promise<void> {
    await this.calls.tell("POST", `${userPath(userId)}/${isDisabled ? "disable" : "enable"}`, {});
  }

  /** Ends all of the user's sessions. */
  async resetPassword(userId: UserId, password: string): Promise<void> {
    await this.calls.tell("POST", `${userPath(userId)}/password`, { password });
  }

  /** For good. */
  async deleteUser(userId: UserId): Promise<void> {
    await this.calls.tell("DELETE", userPath(userId));
  }

  /** Lets one person register; its code is told only here. A week if no time is given. */
  async createInvite(lifetimeS = 0): Promise<{ readonly invite: AccountInvite; readonly code: string }> {
    const { invite, code } = await this.calls.ask(CreateInviteResponseSchema, "POST", "/v1/admin/invites", { lifetimeS });
    return { invite: inviteFrom(present(invite)), code };
  }

  /** Those that are still good, the newest first. */
  async listInvites(): Promise<readonly AccountInvite[]> {
    return (await this.calls.ask(ListInvitesResponseSchema, "GET", "/v1/admin/invites")).invites.map(inviteFrom);
  }

  async withdrawInvite(inviteId: string): Promise<void> {
    await this.calls.tell("DELETE", `/v1/admin/invites/${encodeURIComponent(inviteId)}`);
  }

  async createBot(username: string, displayName: string): Promise<Account> {
    return accountFrom((await this.calls.ask(CreateBotResponseSchema, "POST", "/v1/admin/bots", { username, displayName })).account);
  }

  /** By which a bot comes in; its secret is told only here. */
  async createServiceToken(userId: UserId, name: string): Promise<{ readonly token: ServiceToken; readonly secret: string }> {
    const { token, serviceToken } = await this.calls.ask(CreateServiceTokenResponseSchema, "POST", tokensPath(userId), { name });
    return { token: tokenFrom(present(token)), secret: serviceToken };
  }

  /** The newest first. */
  async listServiceTokens(userId: UserId): Promise<readonly ServiceToken[]> {
    return (await this.calls.ask(ListServiceTokensResponseSchema, "GET", tokensPath(userId))).tokens.map(tokenFrom);
  }

  async withdrawServiceToken(userId: UserId, tokenId: string): Promise<void> {
    await this.calls.tell("DELETE", `${tokensPath(userId)}/${encodeURIComponent(tokenId)}`);
  }
}

function userPath(userId: UserId): string {
  return `/v1/admin/users/${encodeURIComponent(userId)}`;
}

function tokensPath(userId: UserId): string {
  return `/v1/admin/bots/${encodeURIComponent(userId)}/tokens`;
}

function roleTo(isAdmin: boolean): string {
  return isAdmin ? "ROLE_ADMIN" : "ROLE_USER";
}

function accountFrom(account: WireAccount | undefined): Account {
  const { user, role, disabled, suspension } = present(account);
  return { user: userFrom(present(user)), isAdmin: role === Role.ADMIN, isDisabled: disabled, suspension: suspension === undefined ? null : { endsAt: timeFrom(suspension.endsAt), reason: suspension.reason } };
}

function inviteFrom({ inviteId, createdBy, createdAt, expiresAt }: WireInvite): AccountInvite {
  return { inviteId, createdBy: createdBy === "" ? null : (createdBy as UserId), createdAt: timeFrom(createdAt), expiresAt: timeFrom(expiresAt) };
}

function tokenFrom({ tokenId, name, createdBy, createdAt, lastUsedAt }: WireServiceToken): ServiceToken {
  return {
    tokenId,
    name,
    createdBy: createdBy === "" ? null : (createdBy as UserId),
    createdAt: timeFrom(createdAt),
    lastUsedAt: lastUsedAt === undefined ? null : timeFrom(lastUsedAt),
  };
}
