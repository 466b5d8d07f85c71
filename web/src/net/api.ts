/** The REST calls, by topic. Each ends within ten seconds, and throws ApiError and nothing else. */

import type { UserId } from "../core/types";
import {
  LoginRequestSchema,
  LoginResponseSchema,
  RefreshRequestSchema,
  RefreshResponseSchema,
  RegisterRequestSchema,
  RegisterResponseSchema,
} from "../gen/elastic_chat/accounts/v1/accounts_service_pb";
import { AccountApi } from "./account";
import { AdminApi } from "./admin";
import { bodyOf, Calls, send } from "./calls";
import { deviceToken, keepDeviceToken } from "./device";
import { DevicesApi } from "./devices";
import { FilesApi } from "./files";
import { GroupsApi } from "./groups";
import type { TokenSource } from "./http";
import { MessagesApi } from "./messages";
import { PersonalApi } from "./personal";

export interface Tokens {
  readonly userId: UserId;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token ends. */
  readonly expiresIn: number;
}

/** The calls that take no token. */
export const authentication = {
  register: (username: string, password: string, displayName: string) =>
    send(RegisterResponseSchema, "POST", "/v1/auth/register", bodyOf(RegisterRequestSchema, { username, password, displayName })).then((answer) =>
      loggedIn(username, answer),
    ),
  login: (username: string, password: string) =>
    send(
      LoginResponseSchema,
      "POST",
      "/v1/auth/login",
      bodyOf(LoginRequestSchema, { username, password, deviceToken: deviceToken(username) }),
    ).then((answer) => loggedIn(username, answer)),
  refresh: (refreshToken: string) =>
    send(RefreshResponseSchema, "POST", "/v1/auth/refresh", bodyOf(RefreshRequestSchema, { refreshToken })).then(tokensFrom),
} as const;

/** The calls of a user who is logged in. */
export class Api {
  readonly account: AccountApi;
  readonly admin: AdminApi;
  readonly devices: DevicesApi;
  readonly files: FilesApi;
  readonly groups: GroupsApi;
  readonly messages: MessagesApi;
  readonly personal: PersonalApi;

  constructor(token: TokenSource) {
    const calls = new Calls(token);
    this.account = new AccountApi(calls);
    this.admin = new AdminApi(calls);
    this.devices = new DevicesApi(calls);
    this.files = new FilesApi(calls, token);
    this.groups = new GroupsApi(calls);
    this.messages = new MessagesApi(calls);
    this.personal = new PersonalApi(calls);
  }
}

function loggedIn(username: string, answer: Parameters<typeof tokensFrom>[0] & { deviceToken: string }): Tokens {
  keepDeviceToken(username, answer.deviceToken);
  return tokensFrom(answer);
}

function tokensFrom({ userId, accessToken, refreshToken, expiresIn }: { userId: string; accessToken: string; refreshToken: string; expiresIn: number }): Tokens {
  return { userId: userId as UserId, accessToken, refreshToken, expiresIn };
}
