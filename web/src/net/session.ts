/**
 * The login session of this browser. Its refresh token is in a cookie that no script reads, for all tabs; each tab has an access token of its
 * own, in memory. What stands in localStorage says whose session it is, and by that other tabs notice a login or a logout. A refresh token
 * works once, so tabs take turns to use it.
 */

import type { UserId } from "../core/types";
import type { authentication, Tokens } from "./api";
import { ApiError } from "./errors";
import { withToken } from "./http";

interface Kept {
  readonly userId: UserId;
  /** What earlier versions kept here. The first refresh takes it into the cookie; empty from then on. */
  readonly refreshToken: string;
}

/** The calls that a session takes. */
export type Authentication = Pick<typeof authentication, "refresh" | "logout">;

export const SESSION_KEY = "elastic-chat.session";
/** Set while the server is to be told of a logout: until then this browser still has the cookie. */
const LEAVING_KEY = "elastic-chat.leaving";
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
    private readonly server: Authentication,
    private readonly onEnded: () => void,
  ) {}

  /** The user of the session that is kept; null if there is none. */
  userId(): UserId | null {
    return this.kept()?.userId ?? null;
  }

  /** Takes over what a login has given. */
  keep(tokens: Tokens): void {
    localStorage.removeItem(LEAVING_KEY);
    this.take(tokens);
  }

  forget(): void {
    this.access = null;
    localStorage.removeItem(SESSION_KEY);
  }

  /** Ends the session: here in any case, and on the server now or as soon as it can be told, see `finishLeaving`. */
  async leave(): Promise<void> {
    localStorage.setItem(LEAVING_KEY, "yes");
    await withToken((isRefused) => this.token(isRefused), this.server.logout).then(
      () => { localStorage.removeItem(LEAVING_KEY); },
      (error: unknown) => { this.leftAlready(error); },
    );
    this.forget();
  }

  /** Tells the server of a logout of which it could not be told before; it takes the cookie away. */
  async finishLeaving(): Promise<void> {
    if (localStorage.getItem(LEAVING_KEY) === null) {
      return;
    }
    await alone(async () => {
      // Who has logged in meanwhile has another cookie.
      if (localStorage.getItem(LEAVING_KEY) !== null && this.kept() === null) {
        await this.server.logout((await this.server.refresh("")).accessToken);
        localStorage.removeItem(LEAVING_KEY);
      }
    }).catch((error: unknown) => { this.leftAlready(error); });
  }

  /** An access token that is good for a while yet. `isRefused` says that the last one was not taken. Throws ApiError. */
  async token(isRefused = false): Promise<string> {
    if (isRefused) {
      this.access = null;
    }
    if (this.access !== null && this.access.until - MARGIN_MS > Date.now()) {
      return this.access.token;
    }
    const kept = this.kept();
    if (kept === null) {
      throw noSession();
    }
    this.refreshing ??= alone(() => this.refresh(kept.userId)).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  /** Whether the user is an administrator, as the access token says. What they may do is decided by the server. Throws ApiError. */
  async isAdmin(): Promise<boolean> {
    return roleOf(await this.token()) === "admin";
  }

  /** Takes tokens only of the user whom this tab shows: the cookie may be another's by now. */
  private async refresh(mine: UserId): Promise<string> {
    for (let attempt = 0; ; attempt += 1) {
      const kept = this.kept();
      if (kept?.userId !== mine) {
        throw noSession();
      }
      try {
        const tokens = await this.server.refresh(kept.refreshToken);
        if (tokens.userId !== mine) {
          throw noSession();
        }
        this.take(tokens);
        return tokens.accessToken;
      } catch (error) {
        await this.afterFailure(error, kept, RETRY_PAUSES_MS[attempt]);
      }
    }
  }

  private take({ userId, accessToken, expiresIn }: Tokens): void {
    this.access = { token: accessToken, until: Date.now() + expiresIn * 1_000 };
    localStorage.setItem(SESSION_KEY, JSON.stringify({ userId }));
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
    // Another tab may have logged in, or taken the token of an earlier version into the cookie.
    const now = this.kept();
    if (error.needsToken && now?.userId === used.userId && now.refreshToken === used.refreshToken) {
      this.forget();
      this.onEnded();
    }
    if (this.kept() === null) {
      throw error;
    }
  }

  /** A session that the server does not know any more needs no logout. */
  private leftAlready(error: unknown): void {
    if (error instanceof ApiError && error.needsToken) {
      localStorage.removeItem(LEAVING_KEY);
    }
  }

  private kept(): Kept | null {
    try {
      const value = JSON.parse(localStorage.getItem(SESSION_KEY) ?? "null") as Partial<Kept> | null;
      return typeof value?.userId === "string" ? { userId: value.userId, refreshToken: value.refreshToken ?? "" } : null;
    } catch {
      return null;
    }
  }
}

/** What a JWT says of the role of its user; null if that can't be read. */
export function roleOf(token: string): string | null {
  try {
    const claims = JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))) as { readonly role?: unknown } | null;
    return typeof claims?.role === "string" ? claims.role : null;
  } catch {
    return null;
  }
}

function noSession(): ApiError {
  return new ApiError("UNAUTHENTICATED", "There is no session: log in.");
}

/** Runs `task` while no other tab does. On a page without HTTPS browsers have no locks: there the 10 seconds of the server must do. */
async function alone<T>(task: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks;
  return locks === undefined ? task() : locks.request(LOCK, task);
}
