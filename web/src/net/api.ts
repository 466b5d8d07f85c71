/** The REST calls, by topic. Each ends within ten seconds, and throws ApiError and nothing else. */

import type { DescMessage, JsonValue, MessageShape } from "@bufbuild/protobuf";

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
import { call, type TokenSource } from "./http";
import { MessagesApi } from "./messages";
import { ModerationApi } from "./moderation";
import { PersonalApi } from "./personal";
import { SafetyApi } from "./safety";
import { SearchApi } from "./search";

export interface Tokens {
  readonly userId: UserId;
  readonly accessToken: string;
  /** Seconds until the access token ends. */
  readonly expiresIn: number;
}

/** Has the refresh token in a cookie that no script reads. No other page can say this for the user: ADR 35. */
const IN_COOKIE = { "x-refresh-token": "cookie" };

/** The calls that begin a login session, go on with it, and end it. */
export const authentication = {
  /** `invite` is the code of one, where nobody may come without. */
  register: (username: string, password: string, displayName: string, invite = "") =>
    authenticate(RegisterResponseSchema, "register", bodyOf(RegisterRequestSchema, { username, password, displayName, invite })).then((answer) =>
      loggedIn(username, answer),
    ),
  login: (username: string, password: string) =>
    authenticate(LoginResponseSchema, "login", bodyOf(LoginRequestSchema, { username, password, deviceToken: deviceToken(username) })).then(
      (answer) => loggedIn(username, answer),
    ),
  /** Without a refresh token, the cookie's is used. */
  refresh: (refreshToken: string) => authenticate(RefreshResponseSchema, "refresh", bodyOf(RefreshRequestSchema, { refreshToken })).then(tokensFrom),
  logout: async (accessToken: string): Promise<void> => {
    await call("POST", "/v1/auth/logout", {}, accessToken, IN_COOKIE);
  },
} as const;

/** The calls of a user who is logged in. */
export class Api {
  readonly account: AccountApi;
  readonly admin: AdminApi;
  readonly devices: DevicesApi;
  readonly files: FilesApi;
  readonly groups: GroupsApi;
  readonly messages: MessagesApi;
  readonly moderation: ModerationApi;
  readonly personal: PersonalApi;
  readonly safety: SafetyApi;
  readonly search: SearchApi;

  constructor(token: TokenSource) {
    const calls = new Calls(token);
    this.account = new AccountApi(calls);
    this.admin = new AdminApi(calls);
    this.devices = new DevicesApi(calls);
    this.files = new FilesApi(calls, token);
    this.groups = new GroupsApi(calls);
    this.messages = new MessagesApi(calls);
    this.moderation = new ModerationApi(calls);
    this.personal = new PersonalApi(calls);
    this.safety = new SafetyApi(calls);
    this.search = new SearchApi(calls);
  }
}

function authenticate<D extends DescMessage>(schema: D, name: string, body: JsonValue): Promise<MessageShape<D>> {
  return send(schema, "POST", `/v1/auth/${name}`, body, undefined, IN_COOKIE);
}

function loggedIn(username: string, answer: Parameters<typeof tokensFrom>[0] & { deviceToken: string }): Tokens {
  keepDeviceToken(username, answer.deviceToken);
  return tokensFrom(answer);
}

function tokensFrom({ userId, accessToken, expiresIn }: { userId: string; accessToken: string; expiresIn: number }): Tokens {
  return { userId: userId as UserId, accessToken, expiresIn };
}
