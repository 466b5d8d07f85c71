import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EVERY_MS, OpsClient } from "../src/app/ops";
import { SESSION_KEY } from "../src/net/session";
import { browser } from "./browser";
import { ME } from "./make";
import { report } from "./ops_make";

/** An edge: who may look, and how often somebody has. */
class Edge {
  isAdmin = true;
  isUp = true;
  looks: string[] = [];
  logins = 0;

  readonly fetch = (path: string, { headers = {} }: { headers?: Record<string, string> }): Promise<Response> => {
    if (path === "/v1/ops/mesh") {
      this.looks.push(headers["authorization"] ?? "");
      return this.answer();
    }
    this.logins += 1;
    return json(200, { userId: ME, accessToken: `a${this.logins}`, refreshToken: "", expiresIn: 300, deviceToken: "d" });
  };

  private answer(): Promise<Response> {
    if (!this.isUp) {
      return Promise.reject(new TypeError("no network"));
    }
    if (!this.isAdmin) {
      return json(403, { code: 7, message: "Only an administrator may do this.", details: [{ reason: "PERMISSION_DENIED" }] });
    }
    return json(200, report({ at: new Date(Date.now()).toISOString() }));
  }
}

function json(status: number, body: unknown): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } }));
}

let edge: Edge;

beforeEach(() => {
  vi.useFakeTimers();
  browser();
  edge = new Edge();
  vi.stubGlobal("fetch", edge.fetch);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function loggedIn(): Promise<OpsClient> {
  const client = new OpsClient();
  client.start();
  expect(client.store.get().session).toEqual({ status: "anonymous", notice: null });
  await client.login("maya", "secret");
  await vi.advanceTimersByTimeAsync(0);
  return client;
}

describe("the operations page", () => {
  it("looks again and again with the token of who has logged in", async () => {
    const client = await loggedIn();
    expect(client.store.get()).toMatchObject({ session: { status: "active" }, fault: null });
    expect(client.store.get().report?.edge).toEqual(["gateway"]);
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(edge.looks).toEqual(Array.from({ length: 4 }, () => "Bearer a1"));
    expect(client.store.get().points).toHaveLength(4);
  });

  it("picks up the session of the chat", async () => {
    await loggedIn();
    const reloaded = new OpsClient();
    reloaded.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(reloaded.store.get().report).not.toBeNull();
  });

  it("goes on with a new token when the old one has had its time", async () => {
    const client = await loggedIn();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(edge.looks.at(-1)).toBe("Bearer a2");
    expect(client.store.get().session.status).toBe("active");
  });

  it("says why nothing comes, and goes on when it does", async () => {
    const client = await loggedIn();
    edge.isUp = false;
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(client.store.get().fault).toContain("could not be sent");
    expect(client.store.get().report).not.toBeNull();
    edge.isUp = true;
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(client.store.get().fault).toBeNull();
  });

  it("takes an answer that is no report for none", async () => {
    const client = await loggedIn();
    vi.stubGlobal("fetch", () => json(200, { at: "now" }));
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(client.store.get().fault).toContain("no report");
  });

  it("asks nothing while nobody looks, and at once when somebody does again", async () => {
    const client = await loggedIn();
    client.seen(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(edge.looks).toHaveLength(1);
    client.seen(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.looks).toHaveLength(2);
  });

  it("asks no more when it was hidden while it asked", async () => {
    const client = await loggedIn();
    let answer: (response: Response) => void = () => undefined;
    const fetch = vi.fn(() => new Promise<Response>((resolve) => { answer = resolve; }));
    vi.stubGlobal("fetch", fetch);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    client.seen(false);
    answer(await json(200, report()));
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(fetch).toHaveBeenCalledOnce();
  });

  it("shows nothing to who is no administrator, asks no more, and looks again when they say so", async () => {
    edge.isAdmin = false;
    const client = await loggedIn();
    expect(client.store.get()).toMatchObject({ session: { status: "forbidden" }, report: null });
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(edge.looks).toHaveLength(1);
    edge.isAdmin = true;
    await client.tryAgain();
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.looks).toEqual(["Bearer a1", "Bearer a2"]);
    expect(client.store.get().report).not.toBeNull();
  });

  it("forgets everything at a logout, here or in another tab", async () => {
    const client = await loggedIn();
    await client.logout();
    expect(client.store.get()).toMatchObject({ session: { status: "anonymous" }, report: null });
    await client.login("maya", "secret");
    await vi.advanceTimersByTimeAsync(0);
    localStorage.removeItem(SESSION_KEY);
    client.storageChanged(SESSION_KEY);
    expect(client.store.get()).toMatchObject({ session: { status: "anonymous" }, report: null });
    const { length } = edge.looks;
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(edge.looks).toHaveLength(length);
  });

  it("drops an answer to who has gone meanwhile", async () => {
    const client = await loggedIn();
    let answer: (response: Response) => void = () => undefined;
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => { answer = resolve; }));
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    localStorage.removeItem(SESSION_KEY);
    client.storageChanged(SESSION_KEY);
    answer(await json(403, { details: [{ reason: "PERMISSION_DENIED" }] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(client.store.get()).toMatchObject({ session: { status: "anonymous" }, report: null, points: [] });
  });
});
