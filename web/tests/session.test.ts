import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Tokens } from "../src/net/api";
import { ApiError } from "../src/net/errors";
import { SESSION_KEY, SessionKeeper } from "../src/net/session";
import { browser } from "./browser";
import { ME } from "./make";

/** A server that takes each refresh token once. */
class Server {
  count = 0;
  current = "r0";

  readonly exchange = (refreshToken: string): Promise<Tokens> => {
    if (refreshToken !== this.current) {
      return Promise.reject(new ApiError("UNAUTHENTICATED", "used or unknown"));
    }
    return Promise.resolve(this.tokens());
  };

  tokens(): Tokens {
    this.count += 1;
    this.current = `r${this.count}`;
    return { userId: ME, accessToken: `a${this.count}`, refreshToken: this.current, expiresIn: 300 };
  }
}

function tab(server: Server, onEnded: () => void = () => undefined): SessionKeeper {
  return new SessionKeeper(server.exchange, onEnded);
}

beforeEach(() => {
  vi.useFakeTimers();
  browser();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a session", () => {
  it("is there after a reload", async () => {
    const server = new Server();
    tab(server).keep(server.tokens());
    const reloaded = tab(server);
    expect(reloaded.userId()).toBe(ME);
    await expect(reloaded.token()).resolves.toBe("a2");
  });

  it("keeps no access token where it would outlive the tab", () => {
    const server = new Server();
    tab(server).keep({ ...server.tokens(), accessToken: "secret" });
    expect(localStorage.getItem(SESSION_KEY)).not.toContain("secret");
  });

  it("refreshes once for all who ask, and not again while the token is good", async () => {
    const server = new Server();
    const first = tab(server);
    first.keep(server.tokens());
    const second = tab(server);
    await expect(Promise.all([second.token(), second.token()])).resolves.toEqual(["a2", "a2"]);
    await second.token();
    expect(server.count).toBe(2);
  });

  it("lets tabs take turns, so that each uses the newest refresh token", async () => {
    const server = new Server();
    tab(server).keep(server.tokens());
    const tabs = [tab(server), tab(server), tab(server)];
    await expect(Promise.all(tabs.map((each) => each.token()))).resolves.toEqual(["a2", "a3", "a4"]);
  });

  it("gets a new access token in time, and when the last one was refused", async () => {
    const server = new Server();
    const keeper = tab(server);
    keeper.keep(server.tokens());
    await expect(keeper.token()).resolves.toBe("a1");
    vi.setSystemTime(Date.now() + 285_000);
    await expect(keeper.token()).resolves.toBe("a2");
    await expect(keeper.token(true)).resolves.toBe("a3");
  });

  it("asks again for an answer that was lost", async () => {
    const server = new Server();
    const exchange = vi.fn(server.exchange).mockRejectedValueOnce(new ApiError("UNAVAILABLE", "lost"));
    const keeper = new SessionKeeper(exchange, () => undefined);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    const token = keeper.token();
    await vi.runAllTimersAsync();
    await expect(token).resolves.toBe("a2");
  });

  it("survives a server that can't be reached", async () => {
    const server = new Server();
    const onEnded = vi.fn();
    const keeper = new SessionKeeper(() => Promise.reject(new ApiError("UNAVAILABLE", "down")), onEnded);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    const token = expect(keeper.token()).rejects.toMatchObject({ reason: "UNAVAILABLE" });
    await vi.runAllTimersAsync();
    await token;
    expect(onEnded).not.toHaveBeenCalled();
    expect(keeper.userId()).toBe(ME);
  });

  it("ends when the server no longer knows it", async () => {
    const server = new Server();
    const onEnded = vi.fn();
    const keeper = tab(server, onEnded);
    keeper.keep({ ...server.tokens(), refreshToken: "stolen", expiresIn: 0 });
    await expect(keeper.token()).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    expect(onEnded).toHaveBeenCalledOnce();
    expect(keeper.userId()).toBeNull();
  });

  it("goes on where browsers have no locks", async () => {
    vi.stubGlobal("navigator", { onLine: true });
    const server = new Server();
    tab(server).keep(server.tokens());
    await expect(tab(server).token()).resolves.toBe("a2");
  });

  it("takes a spoilt store for none", () => {
    localStorage.setItem(SESSION_KEY, "{");
    expect(tab(new Server()).userId()).toBeNull();
  });
});
