/**
 * The login session of this browser. The refresh token is kept in localStorage, for all tabs; each tab has an access token of its own, in
 * memory. A refresh token works once, so tabs take turns to use it.
 */

import type { UserId } from "../core/types";
import type { Tokens } from "./api";
import { ApiError } from "./errors";

interface Kept {
  readonly userId: UserId;
  readonly refreshToken: string;
}

export const SESSION_KEY = "elastic-chat.session";
const LOCK = "elastic-chat.refresh";
/** An access token with less than this left counts as spent, so that none ends on its way to the server. */
const MARGIN_MS = 20_000;
/** A lost answer may be asked for again within ten seconds: the pauses before the second and third try. */
const RETRY_PAUSES_MS = [500, 2_000];

export class SessionKeeper {
  private access: { readonly token: string; readonly until: number } | null = null;
  private refreshing: Promise<string> | null = null;

  /** `onEnded` is called when the server no longer knows the session. */
  constructor(
    private readonly exchange: (refreshToken: string) => Promise<Tokens>,
    private readonly onEnded: () => void,
  ) {}

  /** The user of the session that is kept; null if there is none. */
  userId(): UserId | null {
    return this.kept()?.userId ?? null;
  }

  keep(tokens: Tokens): void {
    this.access = { token: tokens.accessToken, until: Date.now() + tokens.expiresIn * 1_000 };
    const kept: Kept = { userId: tokens.userId, refreshToken: tokens.refreshToken };
    localStorage.setItem(SESSION_KEY, JSON.stringify(kept));
  }

  forget(): void {
    this.access = null;
    localStorage.removeItem(SESSION_KEY);
  }

  /** An access token that is good for a while yet. `isRefused` says that the last one was not taken. Throws ApiError. */
  async token(isRefused = false): Promise<string> {
    if (isRefused) {
      this.access = null;
    }
    if (this.access !== null && this.access.until - MARGIN_MS > Date.now()) {
      return this.access.token;
    }
    this.refreshing ??= alone(() => this.refresh()).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refresh(): Promise<string> {
    for (let attempt = 0; ; attempt += 1) {
      const kept = this.kept();
      if (kept === null) {
        throw new ApiError("UNAUTHENTICATED", "There is no session: log in.");
      }
      try {
        const tokens = await this.exchange(kept.refreshToken);
        this.keep(tokens);
        return tokens.accessToken;
      } catch (error) {
        await this.afterFailure(error, kept, RETRY_PAUSES_MS[attempt]);
      }
    }
  }

  /** Returns if the exchange is worth another try, and throws if not. */
  private async afterFailure(error: unknown, used: Kept, pauseMs: number | undefined): Promise<void> {
    if (!(error instanceof ApiError) || pauseMs === undefined) {
      throw error;
    }
    if (error.retryable) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      return;
    }
    if (error.needsToken && this.kept()?.refreshToken === used.refreshToken) {
      this.forget();
      this.onEnded();
    }
    if (this.kept() === null) {
      throw error;
    }
  }

  private kept(): Kept | null {
    try {
      const value = JSON.parse(localStorage.getItem(SESSION_KEY) ?? "null") as Partial<Kept> | null;
      return typeof value?.userId === "string" && typeof value.refreshToken === "string" ? { userId: value.userId, refreshToken: value.refreshToken } : null;
    } catch {
      return null;
    }
  }
}

/** Runs `task` while no other tab does. On a page without HTTPS browsers have no locks: there the 10 seconds of the server must do. */
async function alone<T>(task: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks;
  return locks === undefined ? task() : locks.request(LOCK, task);
}
