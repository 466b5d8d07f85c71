import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ClientEvent, ServerEvent } from "../src/core/frames";
import { isWaking, MAX_WATCHED, seek, type Sharing, step, type TabEffect, type TabEvent, type TabId, type TabMessage } from "../src/core/tabs";
import type { UserId } from "../src/core/types";
import { ANNA, BEN, id, ME, message, ROOM } from "./make";

const HEARTBEAT_MS = 25_000;
const welcome = (headSeq: number): ServerEvent => {
  const head = { conversationId: ROOM, headSeq, readSeq: 0, unread: 0 };
  return { type: "welcome", heads: [head], heartbeatMs: HEARTBEAT_MS, preferences: null };
};

/** A tab in front of a client that comes back whenever its connection ends, and never asks twice for what it has. */
class Tab {
  place = "" as TabId;
  sharing: Sharing = { role: "over" };
  isFrozen = false;
  /** Whether it has a socket of its own. */
  isConnected = false;
  /** Whether the server has welcomed it, and tells it what comes from then on. */
  isWelcome = false;
  tail = 0;
  readonly heard: ServerEvent[] = [];
  /** What is on its way to it, to whichever place it has by then if that is null. */
  readonly inbox: { readonly place: TabId | null; readonly event: TabEvent }[] = [];
}

/** A browser with tabs, a lock, and a server that says numbers. */
class Browser {
  tabs: Tab[] = [];
  head = 0;
  readonly received: ClientEvent[] = [];
  private holder: Tab | null = null;
  private queue: Tab[] = [];
  private guards: { readonly by: Tab; readonly place: TabId; readonly tab: TabId }[] = [];
  private places = 0;

  open(): Tab {
    const tab = new Tab();
    this.tabs.push(tab);
    this.enter(tab);
    return tab;
  }

  enter(tab: Tab): void {
    this.places += 1;
    tab.place = `place-${this.places}` as TabId;
    this.queue.push(tab);
    this.grant();
    this.carryOut(tab, seek(tab.place));
  }

  crash(tab: Tab): void {
    this.tabs = this.tabs.filter((other) => other !== tab);
    this.part(tab);
  }

  /** The server says the next number to whoever is connected. */
  say(): void {
    this.head += 1;
    for (const tab of this.tabs.filter(({ isConnected, isWelcome }) => isConnected && isWelcome)) {
      tab.inbox.push({ place: tab.place, event: { type: "came", event: { type: "entry", entry: message(this.head) } } });
    }
  }

  cut(): void {
    for (const tab of this.tabs.filter(({ isConnected }) => isConnected)) {
      tab.isConnected = false;
      tab.inbox.push({ place: tab.place, event: { type: "disconnected", code: 1006 } });
    }
  }

  /** Lets a tab take what is next for it. */
  deliver(tab: Tab): boolean {
    const next = tab.isFrozen ? undefined : tab.inbox.shift();
    if (next !== undefined && (next.place === null || next.place === tab.place)) {
      this.handle(tab, next.event);
    }
    return next !== undefined;
  }

  handle(tab: Tab, event: TabEvent): void {
    const standing = { heads: [{ conversationId: ROOM, headSeq: tab.tail, readSeq: 0, unread: 0 }], ahead: [] };
    this.carryOut(tab, step(tab.sharing, event.type === "heard" ? { ...event, standing } : event));
  }

  wake(tab: Tab): void {
    if (!tab.isFrozen && isWaking(tab.sharing)) {
      this.handle(tab, { type: "woke" });
    }
  }

  settle(): void {
    while (this.tabs.filter((tab) => this.deliver(tab)).length > 0);
  }

  /** Those who think that they lead, and have not been told otherwise. */
  leaders(): Tab[] {
    return this.tabs.filter(({ sharing, isFrozen, inbox, place }) =>
      sharing.role === "leading" && !isFrozen && !inbox.some((item) => item.place === place && item.event.type === "robbed"));
  }

  private grant(): void {
    if (this.holder === null) {
      this.holder = this.queue.shift() ?? null;
      this.holder?.inbox.push({ place: this.holder.place, event: { type: "locked" } });
    }
  }

  private part(tab: Tab): void {
    tab.isConnected = false;
    this.queue = this.queue.filter((other) => other !== tab);
    for (const guard of this.guards.filter((one) => one.tab === tab.place)) {
      guard.by.inbox.push({ place: guard.place, event: { type: "gone", tab: guard.tab } });
    }
    this.guards = this.guards.filter((one) => one.tab !== tab.place);
    if (this.holder === tab) {
      this.holder = null;
      this.grant();
    }
  }

  private carryOut(tab: Tab, { sharing, effects }: { readonly sharing: Sharing; readonly effects: readonly TabEffect[] }): void {
    tab.sharing = sharing;
    const { place } = tab;
    for (const effect of effects) {
      this.carryOutOne(tab, place, effect);
    }
  }

  private carryOutOne(tab: Tab, place: TabId, effect: TabEffect): void {
    switch (effect.type) {
      case "connect":
        tab.isConnected = true;
        tab.isWelcome = false;
        tab.inbox.push({ place, event: { type: "connected" } });
        break;
      case "send":
        this.received.push(effect.event);
        if (effect.event.type === "hello") {
          tab.isWelcome = true;
          tab.inbox.push({ place, event: { type: "came", event: welcome(this.head) } }, { place, event: { type: "came", event: { type: "live" } } });
        }
        break;
      case "disconnect":
        tab.isConnected = false;
        break;
      case "post":
        this.tabs.filter((other) => other !== tab).forEach((other) => {
          other.inbox.push({ place: null, event: { type: "heard", message: effect.message, standing: null } });
        });
        break;
      case "open":
        this.handle(tab, { type: "sent", event: { type: "hello", accessToken: "", resume: [] } });
        break;
      case "give":
        this.give(tab, effect.event);
        break;
      case "close":
        this.enter(tab);
        break;
      case "steal":
        this.queue = this.queue.filter((other) => other !== tab);
        this.holder?.inbox.push({ place: this.holder.place, event: { type: "robbed" } });
        this.holder = tab;
        tab.inbox.push({ place, event: { type: "locked" } });
        break;
      case "release":
        if (tab.place === place) {
          this.part(tab);
        }
        break;
      case "guard":
        this.guards.push({ by: tab, place, tab: effect.tab });
        break;
    }
  }

  private give(tab: Tab, event: ServerEvent): void {
    tab.heard.push(event);
    if (event.type === "welcome") {
      tab.tail = Math.max(tab.tail, ...event.heads.map(({ headSeq }) => headSeq)); // the rest it fetches
    } else if (event.type === "entry") {
      expect(event.entry.seq, "what comes has no hole before it").toBeLessThanOrEqual(tab.tail + 1);
      tab.tail = Math.max(tab.tail, event.entry.seq);
    } else if (event.type === "going_away") {
      this.handle(tab, { type: "dropped" });
      this.part(tab);
      this.enter(tab);
    }
  }
}

const up = (browser: Browser, tab: Tab, event: ClientEvent): void => {
  browser.handle(tab, { type: "sent", event });
  browser.settle();
};

/** Tabs of which the first leads, and the others follow. */
function together(count: number): { readonly browser: Browser; readonly tabs: readonly Tab[] } {
  const browser = new Browser();
  const tabs = Array.from({ length: count }, () => {
    const tab = browser.open();
    browser.settle();
    return tab;
  });
  browser.received.length = 0;
  return { browser, tabs };
}

const roles = (tabs: readonly Tab[]) => tabs.map(({ sharing }) => sharing.role);

describe("the tabs of a browser", () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant("deliver" as const), at: fc.nat({ max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("say" as const, "settle" as const), at: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("open" as const, "crash" as const, "freeze" as const, "thaw" as const, "wake" as const, "cut" as const), at: fc.nat({ max: 3 }) }) },
  );

  it("have one connection, and each of them everything once and in order, whatever becomes of them", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const browser = new Browser();
        for (const { type, at } of actions) {
          const tab = browser.tabs[at];
          if (type === "open" && browser.tabs.length < 4) {
            browser.open();
          } else if (type === "say" || type === "settle" || type === "cut") {
            browser[type]();
          } else if (tab !== undefined && (type === "freeze" || type === "thaw")) {
            tab.isFrozen = type === "freeze";
          } else if (tab !== undefined && (type === "deliver" || type === "wake" || type === "crash")) {
            browser[type](tab);
          }
          expect(browser.leaders().length).toBeLessThanOrEqual(1);
        }
        browser.tabs.forEach((tab) => { tab.isFrozen = false; });
        for (let second = 0; second < 6; second += 1) {
          browser.settle();
          browser.tabs.forEach((tab) => { browser.wake(tab); });
        }
        browser.settle();
        browser.say();
        browser.settle();
        expect(roles(browser.tabs).sort()).toEqual([...browser.tabs.slice(1).map(() => "following"), ...browser.tabs.slice(0, 1).map(() => "leading")]);
        expect(browser.tabs.filter(({ isConnected }) => isConnected).length).toBe(Math.min(1, browser.tabs.length));
        expect(browser.tabs.map(({ tail }) => tail)).toEqual(browser.tabs.map(() => browser.head));
      }),
      { numRuns: 500 },
    );
  });

  it("come back at once when the leader is gone", () => {
    const { browser, tabs: [leader, ...others] } = together(3);
    browser.crash(leader ?? browser.open());
    browser.settle();
    expect(roles(others).sort()).toEqual(["following", "leading"]);
  });

  it("take the lock from a leader that says nothing, and not from one that has yet to connect", () => {
    const { browser, tabs } = together(2);
    const [first, second] = tabs as [Tab, Tab];
    first.isFrozen = true;
    for (const wanted of ["following", "leading"]) {
      browser.wake(second);
      browser.settle();
      expect(second.sharing.role).toBe(wanted);
    }
    first.isFrozen = false;
    browser.settle();
    expect(roles(tabs)).toEqual(["following", "leading"]);

    const slow = step(seek("slow" as TabId).sharing, { type: "locked" }).sharing;
    const asked = step(slow, { type: "heard", message: { type: "seek", from: "other" as TabId }, standing: null });
    expect(asked.effects).toEqual([{ type: "post", message: { type: "here", from: "slow", to: "other" } }]);
    const { effects: [answer] } = asked;
    const waiting = step(seek("other" as TabId).sharing, { type: "heard", message: (answer as { message: TabMessage }).message, standing: null });
    expect(step(waiting.sharing, { type: "woke" }).effects.map(({ type }) => type)).toEqual(["post"]);
  });

  it("wait as the server's other clients do when it has closed the connection", () => {
    const { browser, tabs: [, follower] } = together(2) as { browser: Browser; tabs: [Tab, Tab] };
    const { effects } = step(follower.sharing, { type: "heard", message: { type: "closed", from: browser.leaders()[0]?.place ?? follower.place, code: 1012 }, standing: null });
    expect(effects).toEqual([{ type: "close", code: 1012 }, { type: "release" }]);
  });

  it("send a message once, though each of them has it, and again when it was refused", () => {
    const { browser, tabs } = together(3);
    const event = { type: "send", messageId: id("a"), conversationId: ROOM, said: { text: "hello" } } as const;
    tabs.forEach((tab) => { up(browser, tab, event); });
    expect(browser.received).toEqual([event]);
    const [leader, follower] = tabs as [Tab, Tab];
    const refused = { type: "reject", messageId: event.messageId, reason: "UNAVAILABLE", retryable: true, retryAfterMs: 1 } as const;
    browser.handle(leader, { type: "came", event: refused });
    browser.settle();
    expect(tabs.map(({ heard }) => heard.at(-1))).toEqual([refused, refused, refused]);
    up(browser, follower, event);
    expect(browser.received).toEqual([event, event]);
  });

  it("watch together whom each of them shows, the one that asks first", () => {
    const { browser, tabs: [leader, follower] } = together(2) as { browser: Browser; tabs: [Tab, Tab] };
    up(browser, leader, { type: "subscribe_presence", userIds: [ANNA] });
    up(browser, follower, { type: "subscribe_presence", userIds: [BEN] });
    const crowd = Array.from({ length: MAX_WATCHED }, (_, at) => `user-${at}` as UserId);
    up(browser, leader, { type: "subscribe_presence", userIds: crowd });
    browser.crash(follower);
    browser.settle();
    up(browser, leader, { type: "subscribe_presence", userIds: [ME] });
    expect(browser.received).toEqual([[ANNA], [BEN, ANNA], crowd, [ME]].map((userIds) => ({ type: "subscribe_presence", userIds })));
  });

  it("are idle when all are, and awake as soon as one is, or a new one comes", () => {
    const { browser, tabs: [leader, follower] } = together(2) as { browser: Browser; tabs: [Tab, Tab] };
    const ping = (tab: Tab, isIdle: boolean): void => { up(browser, tab, { type: "ping", isIdle }); };
    ping(leader, true);
    ping(follower, true);
    ping(leader, true);
    ping(follower, false);
    ping(leader, true);
    ping(follower, true);
    ping(leader, true);
    browser.open();
    browser.settle();
    expect(browser.received.map((event) => event.type === "ping" && event.isIdle)).toEqual([false, true, false, false, true, false]);
    expect(follower.heard.filter(({ type }) => type === "pong")).toHaveLength(3);
    expect(leader.heard.filter(({ type }) => type === "pong")).toHaveLength(0);
  });

  it("begin with what the leader has, also beyond a hole", () => {
    const leading = [{ type: "locked" }, { type: "connected" }, { type: "came", event: welcome(1) }, { type: "came", event: { type: "live" } }] as const;
    const leader = leading.reduce<Sharing>((sharing, event) => step(sharing, event).sharing, seek("leader" as TabId).sharing);
    const standing = { heads: [{ conversationId: ROOM, headSeq: 1, readSeq: 1, unread: 0 }], ahead: [message(3)] };
    const { effects } = step(leader, { type: "heard", message: { type: "seek", from: "me" as TabId }, standing });
    const letIn = effects.find((effect) => effect.type === "post")?.message;
    expect(letIn).toBeDefined();
    const { sharing } = step(seek("me" as TabId).sharing, { type: "heard", message: letIn ?? { type: "ready", from: "" as TabId }, standing: null });
    const begun = step(sharing, { type: "sent", event: { type: "hello", accessToken: "", resume: [] } }).effects;
    expect(begun).toEqual([
      { type: "give", event: { type: "welcome", heads: standing.heads, heartbeatMs: HEARTBEAT_MS, preferences: null } },
      { type: "give", event: { type: "entry", entry: message(3) } },
      { type: "give", event: { type: "live" } },
    ]);
  });
});
