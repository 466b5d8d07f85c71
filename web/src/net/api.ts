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
import { bodyOf, Calls, send } from "./calls";
import { ConversationsApi } from "./conversations";
import { deviceToken, keepDeviceToken } from "./device";
import { DevicesApi } from "./devices";
import { FilesApi } from "./files";
import { call, type TokenSource } from "./http";
import { MessagesApi } from "./messages";
import { PersonalApi } from "./personal";

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

/** The calls of a user who is logged in. Those that few make are not among them: `GroupsApi`, `AdminApi` and their like are loaded with the first. */
export class Api {
  readonly account: AccountApi;
  readonly conversations: ConversationsApi;
  readonly devices: DevicesApi;
  readonly files: FilesApi;
  readonly messages: MessagesApi;
  readonly personal: PersonalApi;
  /** For those that are loaded later. */
  readonly calls: Calls;

  constructor(token: TokenSource) {
    const calls = new Calls(token);
    this.calls = calls;
    this.account = new AccountApi(calls);
    this.conversations = new ConversationsApi(calls);
    this.devices = new DevicesApi(calls);
    this.files = new FilesApi(calls, token);
    this.messages = new MessagesApi(calls);
    this.personal = new PersonalApi(calls);
  }
}

/** A call that begins a session or goes on with it. */
export function authenticate<D extends DescMessage>(schema: D, name: string, body: JsonValue): Promise<MessageShape<D>> {
  return send(schema, "POST", `/v1/auth/${name}`, body, undefined, IN_COOKIE);
}

function loggedIn(username: string, answer: Parameters<typeof tokensFrom>[0] & { deviceToken: string }): Tokens {
  keepDeviceToken(username, answer.deviceToken);
  return tokensFrom(answer);
}

export function tokensFrom({ userId, accessToken, expiresIn }: { userId: string; accessToken: string; expiresIn: number }): Tokens {
  return { userId: userId as UserId, accessToken, expiresIn };
}
