import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Client } from "../src/app/client";
import { folded } from "../src/core/fold";
import { conversationRows, titleOf } from "../src/core/select";
import { STREAM_SHOWN_MS } from "../src/core/stream";
import { timeline } from "../src/core/timeline";
import type { Change, Entry, Head, UserId } from "../src/core/types";
import { EntrySchema } from "../src/gen/elastic_chat/types/v1/entry_pb";
import type { ClientEvent, ServerEvent } from "../src/net/frames";
import { SESSION_KEY } from "../src/net/session";
import type { SocketListener } from "../src/net/socket";
import { entryFrom } from "../src/net/wire";
import { browser, reload } from "./browser";
import { ENGLISH } from "./english";
import { ANNA, BEN, changing, id, ME, message, ROOM } from "./make";

/** One conversation on a server, and the sockets to it. */
class Server {
  log: Entry[] = [];
  readonly said: ClientEvent[] = [];
  readonly decided: string[] = [];
  readonly asked: string[] = [];
  /** What has become of the first message, as history tells it. */
  became: JsonObject = {};
  isDown = false;
  isMember = true;
  /** How long after a question its answer comes, which tells how things were when it was asked. */
  slowMs = 0;
  socket: SocketListener | null = null;

  readonly open = (listener: SocketListener) => {
    queueMicrotask(() => {
      if (this.isDown) {
        listener.closed(1006);
        return;
      }
      this.socket = listener;
      listener.opened();
    });
    return {
      send: (event: ClientEvent) => {
        this.said.push(event);
        if (event.type === "hello") {
          const head: Head = { conversationId: ROOM, headSeq: this.log.length, readSeq: 1, unread: 0 };
          this.tell({ type: "welcome", heads: [head], heartbeatMs: 25_000, preferences: USUAL });
          for (const { seq } of event.resume) {
            this.log.slice(seq).forEach((entry) => { this.tell({ type: "entry", entry }); });
          }
          this.tell({ type: "live" });
        } else if (event.type === "ping") {
          this.tell({ type: "pong" });
        }
      },
      close: () => { this.socket = null; },
    };
  };

  readonly fetch = (path: string): Promise<Response> => {
    const url = new URL(path, "http://server");
    this.asked.push(`${url.pathname}${url.search}`);
    if (this.isDown) {
      return Promise.reject(new TypeError("down"));
    }
    const answer = Response.json(this.answer(url));
    return this.slowMs === 0 ? Promise.resolve(answer) : new Promise((resolve) => setTimeout(resolve, this.slowMs, answer));
  };

  tell(event: ServerEvent): void {
    this.socket?.received(event);
  }

  cut(code = 1006): void {
    const { socket } = this;
    this.socket = null;
    socket?.closed(code);
  }

  /** Something becomes of the first message. */
  change(change: Change, sender: UserId): void {
    const entry = changing(this.log.length + 1, change, sender);
    this.log.push(entry);
    this.tell({ type: "entry", entry });
  }

  /** Something is said; `isHeard` says whether the frame of it arrives. */
  say(text: string, isHeard = true, sender = ANNA, messageId?: string): Entry {
    const seq = this.log.length + 1;
    const entry = { ...message(seq, sender, text), ...(messageId === undefined ? {} : { messageId: messageId as Entry["messageId"] }) };
    this.log.push(entry);
    if (isHeard) {
      this.tell({ type: "entry", entry });
    }
    return entry;
  }

  sends(): Extract<ClientEvent, { type: "send" }>[] {
    return this.said.filter((event) => event.type === "send");
  }

  private answer(url: URL): unknown {
    const after = Number(url.searchParams.get("afterSeq") ?? 0);
    const before = Number(url.searchParams.get("beforeSeq") ?? Infinity);
    switch (url.pathname) {
      case "/v1/auth/refresh":
        return { userId: ME, accessToken: "access", refreshToken: "", expiresIn: 300 };
      case "/v1/auth/logout":
        return {};
      case "/v1/users":
        return { users: url.searchParams.getAll("userIds").map((userId) => ({ userId, username: userId, displayName: userId })) };
      case "/v1/conversations":
        return {
          conversations: !this.isMember ? [] : [
            {
              conversation: { conversationId: ROOM, kind: "DIRECT", memberIds: [ME, ANNA] },
              headSeq: String(this.log.length),
              readSeq: "1",
              lastEntry: wire(this.log.at(-1)),
            },
          ],
        };
      case "/v1/presence/status":
      case "/v1/account/privacy":
        this.decided.push(url.pathname);
        return {};
      case `/v1/conversations/${ROOM}/members`:
        return { members: [{ userId: ME }, { userId: ANNA }], watermarks: [] };
      case `/v1/conversations/${ROOM}/messages/1`:
        return { entry: { ...wire(this.log[0]), state: { asOfSeq: String(this.log.length), ...this.became } } };
      case `/v1/conversations/${ROOM}/messages/1/vote`:
      case `/v1/conversations/${ROOM}/messages/1/closing`:
      case `/v1/conversations/${ROOM}/messages/1/reactions/%F0%9F%91%8D`:
        return { seq: "9" };
      case `/v1/conversations/${ROOM}/messages`:
        return { entries: this.log.filter(({ seq }) => seq > after && seq < before).map(wire), headSeq: String(this.log.length) };
      default:
        throw new Error(`Unexpected call: ${url.pathname}`);
    }
  }
}

function wire(entry: Entry | undefined) {
  return entry === undefined
    ? undefined
    : {
        conversationId: ROOM,
        seq: String(entry.seq),
        messageId: entry.messageId,
        senderId: entry.senderId,
        kind: entry.content.kind === "message" ? "MESSAGE" : "KIND_UNSPECIFIED",
        body: { text: entry.content.kind === "message" ? entry.content.said.text : "" },
        acceptedAt: new Date(entry.acceptedAt).toISOString(),
      };
}

const USUAL = { status: { choice: "online", text: "", emoji: "", endsAt: null }, privacy: { presence: "shared", receipts: true }, blocks: [] } as const;
let server: Server;
let client: Client;

/** Lets everything happen that is due within `ms`. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const state = () => client.store.get();
const texts = () => state().conversations.get(ROOM)?.log.entries.map(({ content }) => (content.kind === "message" ? content.said.text : content.kind));
const statuses = () =>
  timeline({
    entries: state().conversations.get(ROOM)?.log.entries ?? [],
    pending: state().outbox,
    streams: [],
    me: ME,
    peer: null,
    newAfterSeq: null,
  }).flatMap((row) => (row.type === "message" && row.isOwn ? [row.status] : []));

async function start(): Promise<void> {
  reload();
  client = new Client(server.open);
  client.start();
  await pass(100);
}

beforeEach(async () => {
  vi.useFakeTimers();
  browser();
  server = new Server();
  server.say("one", false);
  vi.stubGlobal("fetch", server.fetch);
  localStorage.setItem(SESSION_KEY, JSON.stringify({ userId: ME }));
  await start();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the list", () => {
  it("shows the newest message, also where something has become of it since", async () => {
    server.log.push(changing(2, { type: "vote", options: [0] }, ANNA));
    await start();
    expect(conversationRows(state()).map(({ last, at }) => [last?.seq, at])).toEqual([[1, 1_000]]);
  });
});

describe("messages that change", () => {
  const many = { count: 30, mine: false, userIds: [ANNA] };
  const shown = () => {
    const [first, ...changes] = state().conversations.get(ROOM)?.log.entries ?? [];
    return first?.content.kind === "message" ? folded(first.content, changes, ME) : null;
  };
  const looks = () => server.asked.filter((path) => path.endsWith("/messages/1")).length;

  it("are asked for again if it can't be told what somebody takes back, once for all who do", async () => {
    client.openConversation(ROOM);
    await pass(100);
    server.became = { votes: [{ option: 0, ...many }], voterCount: 30 };
    client.store.dispatch({ type: "message_renewed", entry: entryFrom(fromJson(EntrySchema, { ...wire(server.log[0]), state: { asOfSeq: "1", ...server.became } })) });
    server.change({ type: "vote", options: [1] }, ANNA);
    await pass(3_000);
    expect([looks(), shown()?.votes.map(({ count }) => count)]).toEqual([0, [29, 1]]);
    server.became = { votes: [{ option: 0, ...many, count: 27, userIds: [] }, { option: 1, ...many, count: 3 }], voterCount: 30 };
    server.change({ type: "vote", options: [1] }, BEN);
    server.change({ type: "vote", options: [1] }, "user-carl" as UserId);
    await pass(3_000);
    expect([looks(), shown()?.votes.map(({ count }) => count), shown()?.isVague]).toEqual([1, [27, 3], false]);
    server.slowMs = 2_000;
    server.change({ type: "vote", options: [0] }, BEN);
    await pass(1_500); // it was asked, and before the answer is here somebody else changes their mind
    server.change({ type: "vote", options: [0] }, "user-dora" as UserId);
    await pass(10_000);
    expect([looks(), shown()?.isVague]).toEqual([3, false]);
  });

  it("are changed by one call, with an id of its own", async () => {
    await client.messages.change(ROOM, 1, { type: "vote", options: [1] });
    await client.messages.change(ROOM, 1, { type: "closing" });
    await client.messages.change(ROOM, 1, { type: "reaction", emoji: "👍", isRemoved: true });
    const base = `/v1/conversations/${ROOM}/messages/1`;
    expect(server.asked.slice(-3).map((path) => path.replace(/messageId=[0-9a-f-]{36}/, "messageId="))).toEqual([
      `${base}/vote`,
      `${base}/closing?messageId=`,
      `${base}/reactions/%F0%9F%91%8D?messageId=`,
    ]);
  });

  it("grow while they are made, until they are said, or nothing more comes", async () => {
    const part = (text: string, offset: number) => { server.tell({ type: "part", conversationId: ROOM, part: { messageId: id("m2"), senderId: ANNA, offset, text } }); };
    const growing = () => state().conversations.get(ROOM)?.streams.map(({ text }) => text);
    part("Once", 0);
    part(" upon", 4);
    expect(growing()).toEqual(["Once upon"]);
    server.say("Once upon a time");
    expect([growing(), texts()]).toEqual([[], ["one", "Once upon a time"]]);
    server.tell({ type: "part", conversationId: ROOM, part: { messageId: id("m3"), senderId: ANNA, offset: 0, text: "never said" } });
    await pass(STREAM_SHOWN_MS + 1);
    expect(growing()).toEqual([]);
  });
});

describe("the client", () => {
  it("picks up its session, lists, connects, and learns the names", () => {
    expect(state().connection.phase).toBe("live");
    expect(conversationRows(state()).map(({ chat }) => titleOf(state(), chat.conversation, ENGLISH))).toEqual([ANNA]);
    expect(server.said[0]).toEqual({ type: "hello", accessToken: "access", resume: [{ conversationId: ROOM, seq: 1 }] });
    expect(server.said).toContainEqual({ type: "subscribe_presence", userIds: [ANNA] });
  });

  it("asks again for those on the screen, when the server says that it was not told everything, and at the time that it says", async () => {
    const asked = () => server.said.filter(({ type }) => type === "subscribe_presence").length;
    const before = asked();
    server.tell({ type: "stale_presence", askAfterMs: 3_000 });
    await pass(2_900);
    expect(asked()).toBe(before);
    await pass(200);
    expect(asked()).toBe(before + 1);
  });

  it("changes what is another than it was of how the user is seen, and nothing else", async () => {
    expect(state().preferences).toEqual(USUAL);
    await client.account.beSeen({ ...USUAL, status: { choice: "busy", text: "at sea", emoji: "", endsAt: null } });
    await client.account.beSeen({ ...USUAL, status: { choice: "busy", text: "at sea", emoji: "", endsAt: null } });
    expect(server.decided).toEqual(["/v1/presence/status"]);
    server.tell({ type: "preferences", preferences: USUAL });
    expect(state().preferences).toEqual(USUAL);
    await client.account.beSeen({ ...USUAL, privacy: { presence: "nobody", receipts: true } });
    expect(server.decided).toEqual(["/v1/presence/status", "/v1/account/privacy"]);
  });

  it("says that nobody uses the device when that is so, and at once that somebody does again", async () => {
    const pings = () => server.said.filter((event) => event.type === "ping").map(({ isIdle }) => isIdle);
    await pass(4 * 60_000);
    expect(pings()).not.toContain(true);
    await pass(2 * 60_000);
    expect(pings().at(-1)).toBe(true);
    window.dispatchEvent(new Event("keydown"));
    expect(pings().at(-1)).toBe(false);
  });

  it("says nothing without a session", async () => {
    localStorage.removeItem(SESSION_KEY);
    server.said.length = 0;
    await start();
    expect(state().session).toEqual({ status: "anonymous", notice: null });
    expect(server.said).toEqual([]);
  });

  it("shows a message as sending, sent, and said", async () => {
    client.send(ROOM, { text: "hello" });
    expect(statuses()).toEqual(["sending"]);
    const sent = server.sends()[0];
    server.tell({ type: "ack", messageId: sent?.messageId ?? ("" as Entry["messageId"]), conversationId: ROOM, seq: 2 });
    expect(statuses()).toEqual(["sent"]);
    server.say("hello", true, ME, sent?.messageId);
    await pass(10);
    expect(state().outbox).toEqual([]);
    expect(texts()).toEqual(["one", "hello"]);
  });

  it("does not wait for an answer that can't come any more", async () => {
    client.send(ROOM, { text: "hello" });
    server.cut();
    await pass(2_000);
    expect(server.sends().map(({ said }) => said.text)).toEqual(["hello", "hello"]);
  });

  it("sends again with the same id after the connection was lost, and what was written meanwhile after it", async () => {
    client.send(ROOM, { text: "hello" });
    server.isDown = true;
    server.cut();
    client.send(ROOM, { text: "are you there?" });
    await pass(60_000);
    expect(statuses()).toEqual(["sending", "sending"]);
    server.isDown = false;
    while (server.sends().length < 2) {
      await pass(1_000);
    }
    const [first, again] = server.sends();
    expect(again).toEqual(first);
    server.tell({ type: "ack", messageId: first?.messageId ?? ("" as Entry["messageId"]), conversationId: ROOM, seq: 2 });
    expect(server.sends().map(({ said }) => said.text)).toEqual(["hello", "hello", "are you there?"]);
  });

  it("sends after a reload what was not sent before", async () => {
    server.isDown = true;
    server.cut();
    client.send(ROOM, { text: "one for the road" });
    const [item] = state().outbox;
    server.isDown = false;
    await start();
    expect(server.sends().at(-1)).toMatchObject({ messageId: item?.messageId, said: { text: "one for the road" } });
  });

  it("begins with what it kept, also without a server, and catches up and sends once that is back", async () => {
    client.openConversation(ROOM);
    server.say("two");
    await pass(2_000);
    server.isDown = true;
    server.cut();
    await start();
    expect([state().session.status, texts()]).toEqual(["active", ["one", "two"]]);
    expect(conversationRows(state()).map(({ chat }) => titleOf(state(), chat.conversation, ENGLISH))).toEqual([ANNA]);
    client.send(ROOM, { text: "written meanwhile" });
    server.say("three", false);
    server.isDown = false;
    server.asked.length = 0;
    await pass(60_000);
    // The connection goes on from what was kept: nothing is listed, and no page is asked for.
    expect(server.said).toContainEqual({ type: "hello", accessToken: "access", resume: [{ conversationId: ROOM, seq: 2 }] });
    expect(server.asked.filter((path) => path.includes("afterSeq") || path === "/v1/conversations")).toEqual([]);
    expect(texts()).toEqual(["one", "two", "three"]);
    expect(server.sends().at(-1)?.said.text).toBe("written meanwhile");
  });

  it("says at once that there is no network, when it begins with what it kept", async () => {
    server.say("two");
    await pass(2_000);
    server.isDown = true;
    server.cut();
    reload();
    vi.stubGlobal("navigator", { onLine: false, locks: navigator.locks });
    client = new Client(server.open);
    client.start();
    await pass(100);
    expect([state().connection.phase, state().conversations.size]).toEqual(["offline", 1]);
  });

  it("keeps nothing of a user who has logged out", async () => {
    await pass(2_000);
    server.isDown = true;
    const leaving = client.logout();
    await pass(100);
    await leaving;
    localStorage.setItem(SESSION_KEY, JSON.stringify({ userId: ME, refreshToken: "refresh" }));
    await start();
    expect([state().conversations.size, state().outbox.length]).toEqual([0, 0]);
  });

  it("shows why a message failed, and sends it again when it is told to", async () => {
    client.send(ROOM, { text: "hello" });
    const messageId = server.sends()[0]?.messageId ?? ("" as Entry["messageId"]);
    server.tell({ type: "reject", messageId, reason: "PERMISSION_DENIED", retryable: false, retryAfterMs: null });
    expect(statuses()).toEqual(["failed"]);
    await start();
    expect(statuses()).toEqual(["failed"]);
    client.retry(messageId);
    expect(server.sends().map((sent) => sent.messageId)).toEqual([messageId, messageId]);
    client.discard(messageId);
    await start();
    expect(state().outbox).toEqual([]);
  });

  it("fetches what it did not hear", async () => {
    server.say("two", false);
    server.say("three");
    expect(texts()).toEqual(["one"]);
    await pass(1_000);
    expect(texts()).toEqual(["one", "two", "three"]);
  });

  it("does not fetch what was only overtaken", async () => {
    const two = server.say("two", false);
    server.say("three");
    await pass(20);
    server.tell({ type: "entry", entry: two });
    await pass(1_000);
    expect(texts()).toEqual(["one", "two", "three"]);
    expect(server.asked.filter((path) => path.includes("afterSeq"))).toEqual([]);
  });

  it("catches up from where it is when it reconnects", async () => {
    server.cut();
    server.say("two");
    server.say("three");
    await pass(5_000);
    expect(texts()).toEqual(["one", "two", "three"]);
    expect(server.said.filter(({ type }) => type === "hello").at(-1)).toMatchObject({ resume: [{ seq: 1 }] });
  });

  it("fetches again when it is told that something may be missing", async () => {
    for (const conversationId of [ROOM, null]) {
      const { seq } = server.say("unheard", false);
      server.tell({ type: "resync", conversationId });
      await pass(100);
      expect(state().conversations.get(ROOM)?.log.tail).toBe(seq);
    }
  });

  it("does not take up again what the user has left, though an older list comes late", async () => {
    server.slowMs = 500;
    server.tell({ type: "resync", conversationId: null });
    await pass(100);
    server.isMember = false;
    server.tell({ type: "left", conversationId: ROOM, seq: 2 });
    await pass(5_000);
    expect(state().conversations.has(ROOM)).toBe(false);
    expect(state().listing).toBe("idle");
  });

  it("moves on when its gateway goes away", async () => {
    server.tell({ type: "going_away", reconnectAfterMs: 3_000 });
    await pass(2_900);
    expect(server.said.filter(({ type }) => type === "hello")).toHaveLength(1);
    await pass(200);
    expect(server.said.filter(({ type }) => type === "hello")).toHaveLength(2);
    expect(state().connection.phase).toBe("live");
  });

  it("gets a new token when the gateway does not take the one it has", async () => {
    const refreshes = () => server.asked.filter((path) => path === "/v1/auth/refresh").length;
    expect(refreshes()).toBe(1);
    server.cut(4504);
    await pass(5_000);
    expect(refreshes()).toBe(2);
    expect(state().connection.phase).toBe("live");
  });

  it("keeps the connection warm", async () => {
    await pass(70_000);
    expect(server.said.filter(({ type }) => type === "ping").length).toBeGreaterThanOrEqual(3);
    expect(state().connection.phase).toBe("live");
  });

  it("tells what it has and what was read, and nothing twice", async () => {
    server.say("two");
    await pass(2_000);
    client.read(ROOM, 2);
    client.read(ROOM, 2);
    await pass(2_000);
    expect(server.said.filter(({ type }) => type === "watermark")).toEqual([
      { type: "watermark", conversationId: ROOM, deliveredSeq: 2, readSeq: 0 },
      { type: "watermark", conversationId: ROOM, deliveredSeq: 0, readSeq: 2 },
    ]);
  });

  it("tells that the user is typing, but not with every key", async () => {
    const told = () => server.said.filter(({ type }) => type === "typing").length;
    client.typing(ROOM);
    client.typing(ROOM);
    expect(told()).toBe(1);
    await pass(3_000);
    client.typing(ROOM);
    expect(told()).toBe(2);
  });

  it("forgets that others are typing", async () => {
    server.tell({ type: "typing", conversationId: ROOM, userId: ANNA });
    expect(state().typing.size).toBe(1);
    await pass(5_001);
    expect(state().typing.size).toBe(0);
  });

  it("leaves nothing behind when the user logs out", async () => {
    server.isDown = true;
    client.send(ROOM, { text: "unsent" });
    const leaving = client.logout();
    await pass(60_000);
    await leaving;
    expect(state().session).toEqual({ status: "anonymous", notice: null });
    // The server could not be told, and must be: it takes the cookie away.
    expect(Object.keys(localStorage)).toEqual(["elastic-chat.leaving"]);
    server.isDown = false;
    client.networkChanged(true);
    await pass(100);
    expect(Object.keys(localStorage)).toEqual([]);
  });

  it("logs out with the other tabs", async () => {
    localStorage.removeItem(SESSION_KEY);
    client.storageChanged(SESSION_KEY);
    await pass(10);
    expect(state().session.status).toBe("anonymous");
    expect(server.socket).toBeNull();
  });
});

describe("two tabs", () => {
  /** Another tab of the same browser, which is the one that `state` and `texts` are of from now on. */
  async function another(): Promise<Client> {
    const first = client;
    client = new Client(server.open);
    client.start();
    await pass(100);
    return first;
  }
  const hellos = () => server.said.filter(({ type }) => type === "hello").length;
  const pending = ({ store }: Client) => store.get().outbox.map(({ said, delivery }) => [said.text, delivery.state]);

  it("have one connection, over which both hear everything and say what they have", async () => {
    const first = await another();
    expect([state().connection.phase, hellos()]).toEqual(["live", 1]);
    server.say("two");
    await pass(10);
    client.send(ROOM, { text: "hello" });
    await pass(10);
    expect(pending(first)).toEqual([["hello", "in_flight"]]);
    expect(server.sends().map(({ said }) => said.text)).toEqual(["hello"]);
    server.tell({ type: "ack", messageId: server.sends()[0]?.messageId ?? id(""), conversationId: ROOM, seq: 3 });
    server.say("hello", true, ME, server.sends()[0]?.messageId);
    await pass(10);
    for (const { store } of [first, client]) {
      expect(store.get().conversations.get(ROOM)?.log.entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(store.get().outbox).toEqual([]);
    }
  });

  it("go on when the one with the connection is gone, from where each of them is", async () => {
    const first = await another();
    server.say("two");
    await pass(10);
    window.dispatchEvent(new Event("pagehide"));
    first.storageChanged(null); // nothing, while the session is there
    first.hurry();
    server.say("three", false);
    await pass(2_000);
    expect(hellos()).toBe(2);
    expect([state().connection.phase, texts()]).toEqual(["live", ["one", "two", "three"]]);
  });

  it("send once and in order what was written in both without a connection", async () => {
    const first = await another();
    server.isDown = true;
    server.cut();
    await pass(10);
    for (const [tab, text] of [[first, "a"], [client, "b"], [first, "c"]] as const) {
      tab.send(ROOM, { text });
      await pass(10);
    }
    expect([pending(first), pending(client)].map((all) => all.map(([text]) => text))).toEqual([["a", "b", "c"], ["a", "b", "c"]]);
    server.isDown = false;
    await pass(60_000);
    for (const text of ["a", "b", "c"]) {
      const sent = server.sends().at(-1);
      expect(sent?.said.text).toBe(text);
      server.tell({ type: "ack", messageId: sent?.messageId ?? id(""), conversationId: ROOM, seq: server.log.length + 1 });
      server.say(text, true, ME, sent?.messageId);
      await pass(10);
    }
    expect(new Set(server.sends().map(({ messageId }) => messageId)).size).toBe(3);
    expect([pending(first), pending(client)]).toEqual([[], []]);
  });

  it("show a failure in both, and try again or give up for both", async () => {
    const first = await another();
    client.send(ROOM, { text: "hello" });
    await pass(10);
    const { messageId } = server.sends()[0] ?? { messageId: id("") };
    const reject = { type: "reject", messageId, reason: "PERMISSION_DENIED", retryable: false, retryAfterMs: null } as const;
    server.tell(reject);
    await pass(10);
    expect([pending(first), pending(client)]).toEqual([[["hello", "failed"]], [["hello", "failed"]]]);
    first.retry(messageId);
    await pass(10);
    expect(pending(client)).toEqual([["hello", "in_flight"]]);
    expect(server.sends()).toHaveLength(2);
    server.tell(reject);
    await pass(10);
    client.discard(messageId);
    await pass(10);
    expect([pending(first), pending(client)]).toEqual([[], []]);
  });

  it("are idle only together", async () => {
    await another();
    const pings = () => server.said.filter((event) => event.type === "ping").map(({ isIdle }) => isIdle);
    await pass(6 * 60_000);
    expect(pings().at(-1)).toBe(true);
    window.dispatchEvent(new Event("keydown"));
    await pass(10);
    expect(pings().at(-1)).toBe(false);
  });

  it("end together", async () => {
    const first = await another();
    const leaving = client.logout();
    await pass(100);
    await leaving;
    first.storageChanged(SESSION_KEY);
    await pass(100);
    expect([first.store.get().session.status, server.socket]).toEqual(["anonymous", null]);
  });
});
