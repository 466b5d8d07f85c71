/** Why a call did not do what it should. */

const RETRYABLE = new Set(["INTERNAL", "UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED", "SLOW_MODE"]);

export class ApiError extends Error {
  override readonly name = "ApiError";

  /** `reason` is a name of the server's table of reasons; `message` is for developers. */
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return RETRYABLE.has(this.reason);
  }

  /** Whether the access token was refused. */
  get needsToken(): boolean {
    return this.reason === "UNAUTHENTICATED" || this.reason === "TOKEN_EXPIRED";
  }
}

/** The error of an answer with an HTTP status of 400 or more. Proxies on the way answer without a reason: the status gives it. */
export function errorOf(status: number, body: unknown): ApiError {
  const record = isRecord(body) ? body : {};
  const details: readonly unknown[] = Array.isArray(record["details"]) ? record["details"] : [];
  const reason = details.map((detail) => (isRecord(detail) ? detail["reason"] : undefined)).find((value) => typeof value === "string");
  const message = typeof record["message"] === "string" ? record["message"] : `HTTP status ${status}`;
  return new ApiError(reason ?? reasonOfStatus(status), message);
}

function reasonOfStatus(status: number): string {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "OVERLOADED";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return "UNAVAILABLE";
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
