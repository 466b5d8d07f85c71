/** A call over HTTP: each ends within ten seconds, and throws ApiError and nothing else. */

import { ApiError, errorOf } from "./errors";

/** Gives an access token; `isRefused` says that the last one was not taken. */
export type TokenSource = (isRefused: boolean) => Promise<string>;

const DEADLINE_MS = 10_000;
/** In bytes: a browser lets no more than 64 KiB of all that is on its way outlive a page. */
const SHORT = 4_096;

/** Returns the JSON of the answer; null if it is none. What changes something arrives even if the page ends meanwhile, unless it is long. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  accessToken?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await answered(method, path, {
    keepalive: method !== "GET" && new TextEncoder().encode(text ?? "").length <= SHORT,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: text,
  });
  const answer = await jsonOf(response);
  if (!response.ok) {
    throw errorOf(response.status, answer);
  }
  return answer;
}

/** Returns the bytes of the answer. */
export async function download(path: string, accessToken: string): Promise<Blob> {
  const response = await answered("GET", path, { headers: { authorization: `Bearer ${accessToken}` } });
  if (!response.ok) {
    throw errorOf(response.status, await jsonOf(response));
  }
  return response.blob();
}

function answered(method: string, path: string, request: RequestInit): Promise<Response> {
  return fetch(path, { method, signal: AbortSignal.timeout(DEADLINE_MS), ...request }).catch((error: unknown) => {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    throw isLate
      ? new ApiError("DEADLINE_EXCEEDED", `${method} ${path} did not answer within ${DEADLINE_MS} ms.`)
      : new ApiError("UNAVAILABLE", `${method} ${path} could not be sent: is the server reachable?`);
  });
}

/** Makes a call of a user who is logged in. A token that is refused is replaced once. */
export async function withToken<T>(token: TokenSource, task: (accessToken: string) => Promise<T>): Promise<T> {
  try {
    return await task(await token(false));
  } catch (error) {
    if (error instanceof ApiError && error.needsToken) {
      return task(await token(true));
    }
    throw error;
  }
}

/** Null for an answer that is no JSON, as a proxy may give. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
