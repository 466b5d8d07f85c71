/** Login by another provider: the page is left for it, and what comes back with the user is finished. */

import { type Attempt, attemptFrom, type AuthOptions, CALLBACK_PATH, type Refusal, returned } from "../core/login";
import type { Tokens } from "../net/api";
import { authOptions, finishOidc, startOidc } from "../net/login";

/** In the storage of the tab alone: no other one can finish what this one has begun. */
const ATTEMPT_KEY = "elastic-chat.login";

/** A login that came to nothing at the provider, or on the way back. Why, is in `reason`, as it is in an ApiError. */
export class LoginRefused extends Error {
  override readonly name = "LoginRefused";

  constructor(readonly reason: Refusal) {
    super(reason);
  }
}

/** Whom a login was begun with, and where the client is to go on when it is finished. */
export type Pending = Pick<Attempt, "provider" | "back">;

export class ProviderLogin {
  constructor(private readonly accept: (tokens: Tokens) => Promise<void>) {}

  /** How one may come in. Throws ApiError. */
  options(): Promise<AuthOptions> {
    return authOptions();
  }

  /** Leaves the page for the provider's. Throws ApiError. */
  async begin(provider: string): Promise<void> {
    const { authorizationUrl, state, secret } = await startOidc(`${location.origin}${CALLBACK_PATH}`);
    const back = `${location.pathname}${location.hash}`;
    sessionStorage.setItem(ATTEMPT_KEY, JSON.stringify({ provider, state, secret, back } satisfies Attempt));
    location.assign(authorizationUrl);
  }

  /** Logs in by what the provider has put into the address, once. Throws LoginRefused and ApiError. */
  async finish(search: string): Promise<void> {
    const attempt = attemptFrom(sessionStorage.getItem(ATTEMPT_KEY));
    const back = returned(search, attempt);
    if (attempt === null || ("refusal" in back && back.refusal === "NOT_BEGUN_HERE")) {
      throw new LoginRefused("NOT_BEGUN_HERE");
    }
    sessionStorage.removeItem(ATTEMPT_KEY);
    if ("refusal" in back) {
      throw new LoginRefused(back.refusal);
    }
    await this.accept(await finishOidc(attempt.state, back.code, attempt.secret));
  }
}

/** What this tab has begun; null if nothing. */
export function pendingLogin(): Pending | null {
  return attemptFrom(sessionStorage.getItem(ATTEMPT_KEY));
}
