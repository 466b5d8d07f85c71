import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Tokens } from "../src/net/api";
import { ApiError } from "../src/net/errors";
import { type Authentication, SESSION_KEY, SessionKeeper } from "../src/net/session";
import { browser } from "./browser";
import { ANNA, ME } from "./make";

/** A server that takes each refresh token once, and has the browser keep it in a cookie. */
class Server implements Authentication {
  count = 0;
  cookie = "";
  isAway = false;
  userId = ME;
  readonly left: string[] = [];

  readonly refresh = (refreshToken: string): Promise<Tokens> => {
    if (this.isAway) {
      return Promise.reject(new ApiError("UNAVAILABLE", "away"));
    }
    if ((refreshToken || this.cookie) !== `r${this.count}`) {
      this.cookie = "";
      return Promise.reject(new ApiError("UNAUTHENTICATED", "used or unknown"));
    }
    return Promise.resolve(this.tokens());
  };

  readonly logout = (accessToken: string): Promise<void> => {
    if (this.isAway) {
      return Promise.reject(new ApiError("UNAVAILABLE", "away"));
    }
    this.cookie = "";
    this.left.push(accessToken);
    return Promise.resolve();
  };

  tokens(): Tokens {
    this.count += 1;
    this.cookie = `r${this.count}`;
    return { userId: this.userId, accessToken: `a${this.count}`, expiresIn: 300 };
  }
}

function tab(server: Server, onEnded: () => void = () => undefined): SessionKeeper {
  return new SessionKeeper(server, onEnded);
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

  it("keeps nothing but whose it is where scripts could read it", async () => {
    const server = new Server();
    const keeper = tab(server);
    keeper.keep(server.tokens());
    await keeper.token(true);
    expect(Object.keys(localStorage)).toEqual([SESSION_KEY]);
    expect(JSON.parse(localStorage.getItem(SESSION_KEY) ?? "")).toEqual({ userId: ME });
  });

  it("that an earlier version kept is taken into the cookie, once, by one tab for all", async () => {
    const server = new Server();
    server.tokens();
    server.cookie = "";
    localStorage.setItem(SESSION_KEY, JSON.stringify({ userId: ME, refreshToken: "r1" }));
    const tabs = [tab(server), tab(server)];
    await expect(Promise.all(tabs.map((each) => each.token()))).resolves.toEqual(["a2", "a3"]);
    expect(localStorage.getItem(SESSION_KEY)).not.toContain("r1");
  });

  it("of somebody else is not taken for that of the user who is shown", async () => {
    const server = new Server();
    const onEnded = vi.fn();
    const keeper = tab(server, onEnded);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    server.userId = ANNA;
    await expect(keeper.token()).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    expect(onEnded).toHaveBeenCalledOnce();
  });

  it("is not gone on with by a tab in which nobody sees who has logged in meanwhile", async () => {
    const server = new Server();
    const keeper = tab(server);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    const exchange = vi.spyOn(server, "refresh").mockImplementationOnce(() => {
      localStorage.setItem(SESSION_KEY, JSON.stringify({ userId: ANNA }));
      return Promise.reject(new ApiError("UNAUTHENTICATED", "replaced"));
    });
    await expect(keeper.token()).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    expect(exchange).toHaveBeenCalledOnce();
    expect(keeper.userId()).toBe(ANNA);
  });

  it("ends here at once, and on the server as soon as it can be told", async () => {
    const server = new Server();
    const keeper = tab(server);
    keeper.keep(server.tokens());
    server.isAway = true;
    await keeper.leave();
    expect(keeper.userId()).toBeNull();
    await tab(server).finishLeaving();
    expect(server.cookie).toBe("r1");
    server.isAway = false;
    await tab(server).finishLeaving();
    expect(server.cookie).toBe("");
    expect(server.left).toEqual(["a2"]);
    await tab(server).finishLeaving();
    expect(server.left).toEqual(["a2"]);
  });

  it("is left alone if somebody has logged in before the server could be told of the last logout", async () => {
    const server = new Server();
    const keeper = tab(server);
    keeper.keep(server.tokens());
    server.isAway = true;
    await keeper.leave();
    server.isAway = false;
    keeper.keep(server.tokens());
    await keeper.finishLeaving();
    expect(server.left).toEqual([]);
    await expect(keeper.token(true)).resolves.toBe("a3");
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
    vi.spyOn(server, "refresh").mockRejectedValueOnce(new ApiError("UNAVAILABLE", "lost"));
    const keeper = tab(server);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    const token = keeper.token();
    await vi.runAllTimersAsync();
    await expect(token).resolves.toBe("a2");
  });

  it("survives a server that can't be reached", async () => {
    const server = new Server();
    const onEnded = vi.fn();
    const keeper = tab(server, onEnded);
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    server.isAway = true;
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
    keeper.keep({ ...server.tokens(), expiresIn: 0 });
    server.cookie = "stolen";
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
