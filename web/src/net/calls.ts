/** What all REST calls have in common: proto3 JSON there and back. Each ends within ten seconds, and throws ApiError and nothing else. */

import { create, type DescMessage, fromJson, type JsonValue, type MessageInitShape, type MessageShape, toJson } from "@bufbuild/protobuf";

import type { ConversationId } from "../core/types";
import { ApiError } from "./errors";
import { call, type TokenSource, withToken } from "./http";

/** The calls of a user who is logged in. A token that is refused is replaced once. */
export class Calls {
  constructor(private readonly token: TokenSource) {}

  /** Makes a call whose answer says something. */
  ask<D extends DescMessage>(schema: D, method: string, path: string, body?: JsonValue): Promise<MessageShape<D>> {
    return withToken(this.token, (accessToken) => send(schema, method, path, body, accessToken));
  }

  /** Reads what no contract describes: what the launcher tells. */
  read(path: string): Promise<unknown> {
    return withToken(this.token, (accessToken) => call("GET", path, undefined, accessToken));
  }

  /** Makes a call whose answer says nothing more than that it was done. */
  async tell(method: string, path: string, body?: JsonValue): Promise<void> {
    await withToken(this.token, (accessToken) => call(method, path, body, accessToken));
  }
}

export async function send<D extends DescMessage>(
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

export function bodyOf<D extends DescMessage>(schema: D, init: MessageInitShape<D>): JsonValue {
  return toJson(schema, create(schema, init));
}

export function pathOf(conversationId: ConversationId): string {
  return `/v1/conversations/${encodeURIComponent(conversationId)}`;
}

export function messagePath(conversationId: ConversationId, seq: number): string {
  return `${pathOf(conversationId)}/messages/${seq}`;
}

export function query(parameters: Readonly<Record<string, string | number | boolean | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    (typeof value === "object" ? value : [value]).map((item) => [name, String(item)]),
  );
  return new URLSearchParams(pairs).toString();
}

/** What the answer must have. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new ApiError("UNAVAILABLE", "The server answered without what was asked for.");
  }
  return value;
}
