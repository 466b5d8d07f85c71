import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { pendingLogin, ProviderLogin } from "../src/app/login";
import { type Attempt, attemptFrom, returned } from "../src/core/login";
import type { Tokens } from "../src/net/api";
import { browser } from "./browser";
import { ME } from "./make";

const ATTEMPT: Attempt = { provider: "Example", state: "s1", secret: "only ours", back: "/#join=abc" };

describe("what a provider says", () => {
  it("is a code, if it belongs to the login that was begun here", () => {
    expect(returned("?code=c1&state=s1&iss=x", ATTEMPT)).toEqual({ code: "c1" });
  });

  it.each(["?code=c1&state=other", "?code=c1", "?error=access_denied&state=other", ""])("counts for nothing if it belongs to another: %s", (search) => {
    expect(returned(search, ATTEMPT)).toEqual({ refusal: "NOT_BEGUN_HERE" });
  });

  it("counts for nothing if none was begun", () => {
    expect(returned("?code=c1&state=s1", null)).toEqual({ refusal: "NOT_BEGUN_HERE" });
  });

  it.each(["?error=access_denied&state=s1", "?code=&state=s1", "?state=s1"])("may be no: %s", (search) => {
    expect(returned(search, ATTEMPT)).toEqual({ refusal: "REFUSED_THERE" });
  });

  it.each([null, "", "{", "null", "1", '{"state":"s1"}'])("is not expected by what is no login: %s", (kept) => {
    expect(attemptFrom(kept)).toBeNull();
  });
});

describe("a login by a provider", () => {
  const accept = vi.fn<(tokens: Tokens) => Promise<void>>(() => Promise.resolve());
  const asked: [string, unknown, unknown][] = [];
  const assign = vi.fn<(url: string) => void>();
  let answer: Response;

  beforeEach(() => {
    browser();
    vi.stubGlobal("sessionStorage", localStorage);
    vi.stubGlobal("location", { origin: "https://chat.example", pathname: "/c/1", hash: "#join=abc", assign });
    asked.length = 0;
    accept.mockClear();
    assign.mockClear();
    vi.stubGlobal("fetch", (path: string, { body, headers }: { body: string; headers: Record<string, string> }) => {
      asked.push([path, JSON.parse(body), headers["x-refresh-token"]]);
      return Promise.resolve(answer);
    });
  });
  afterEach(() => { vi.unstubAllGlobals(); });

  async function begun(): Promise<ProviderLogin> {
    const login = new ProviderLogin(accept);
    answer = Response.json({ authorizationUrl: "https://id.example/?state=s1", state: "s1", secret: "only ours" });
    await login.begin("Example");
    return login;
  }

  it("leads to the provider, and remembers in the tab alone what finishes it", async () => {
    await begun();
    expect(asked).toEqual([["/v1/auth/oidc/start", { redirectUri: "https://chat.example/login/callback" }, undefined]]);
    expect(assign).toHaveBeenCalledExactlyOnceWith("https://id.example/?state=s1");
    expect(pendingLogin()).toMatchObject({ provider: "Example", back: "/c/1#join=abc" });
  });

  it("is finished once, with the refresh token in the cookie", async () => {
    const login = await begun();
    answer = Response.json({ userId: ME, accessToken: "a", expiresIn: 300 });
    await login.finish("?code=c1&state=s1");
    expect(asked[1]).toEqual(["/v1/auth/oidc/finish", { state: "s1", code: "c1", secret: "only ours" }, "cookie"]);
    expect(accept).toHaveBeenCalledExactlyOnceWith({ userId: ME, accessToken: "a", expiresIn: 300 });
    await expect(login.finish("?code=c1&state=s1")).rejects.toMatchObject({ reason: "NOT_BEGUN_HERE" });
    expect(asked).toHaveLength(2);
  });

  it("that somebody else has begun is not finished, and spoils none that was begun here", async () => {
    const login = await begun();
    await expect(login.finish("?code=theirs&state=theirs")).rejects.toMatchObject({ reason: "NOT_BEGUN_HERE" });
    expect(asked).toHaveLength(1);
    expect(pendingLogin()).not.toBeNull();
  });

  it("that the provider refuses is over", async () => {
    const login = await begun();
    await expect(login.finish("?error=access_denied&state=s1")).rejects.toMatchObject({ reason: "REFUSED_THERE" });
    expect(asked).toHaveLength(1);
    expect(pendingLogin()).toBeNull();
  });

  it("that the server refuses lets nobody in", async () => {
    const login = await begun();
    answer = Response.json({ message: "too late", details: [{ reason: "UNAUTHENTICATED" }] }, { status: 401 });
    await expect(login.finish("?code=c1&state=s1")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
    expect(accept).not.toHaveBeenCalled();
  });

  it.each([
    [{ registration: "OPEN", providers: [] }, { registration: "open", providers: [] }],
    [{ registration: "INVITE" }, { registration: "invite", providers: [] }],
    [{ registration: "CLOSED", providers: [{ name: "Example" }] }, { registration: "closed", providers: ["Example"] }],
    [{}, { registration: "unknown", providers: [] }],
  ])("is offered where the server says so: %j", async (said, options) => {
    vi.stubGlobal("fetch", (path: string) => Promise.resolve(Response.json(path === "/v1/auth/options" ? said : null)));
    await expect(new ProviderLogin(accept).options()).resolves.toEqual(options);
  });
});
