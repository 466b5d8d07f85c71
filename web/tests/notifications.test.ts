import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { namesOf, Notifier } from "../src/app/notifications";
import { Store } from "../src/app/store";
import type { Names } from "../src/core/notification";
import { initial, update } from "../src/core/state";
import type { ConversationId } from "../src/core/types";
import type { Api } from "../src/net/api";
import type { PushBrowser, Subscription } from "../src/net/push";
import { ANNA, group, ME, message, ROOM, summary } from "./make";

const SUBSCRIPTION: Subscription = { endpoint: "https://push.example.com/1", p256dh: "p", auth: "a" };

/** A browser whose user has their mind. */
class Browser implements PushBrowser {
  mind: NotificationPermission | null = "default";
  answer: NotificationPermission = "granted";
  subscription: Subscription | null = null;
  key = "";
  count: number | null = null;
  names: Names | null = null;
  isTelling = true;
  readonly shown: (readonly [string, string])[] = [];
  readonly withdrawn: (readonly [ConversationId, number])[] = [];

  permission = () => this.mind;
  ask = () => Promise.resolve((this.mind = this.answer));
  subscribed = () => Promise.resolve(this.subscription);
  subscribe = (publicKey: string) => {
    this.key = publicKey;
    return Promise.resolve((this.subscription = SUBSCRIPTION));
  };
  unsubscribe = () => {
    this.subscription = null;
    this.count = 0;
    return Promise.resolve();
  };
  withdraw = (conversationId: ConversationId, seq: number) => {
    this.withdrawn.push([conversationId, seq]);
    return Promise.resolve();
  };
  setBadge = (count: number) => {
    this.count = count;
    return Promise.resolve();
  };
  keepNames = (names: Names) => {
    this.names = names;
    return Promise.resolve();
  };
  showsText = () => this.isTelling;
  keepShowsText = (isShown: boolean) => {
    this.isTelling = isShown;
  };
  show = (title: string, body: string) => {
    this.shown.push([title, body]);
    return Promise.resolve();
  };
}

/** What the server knows of the devices. */
class Server {
  readonly devices = new Set<string>();
  unread = 3;
  isDown = false;

  pushKey = () => Promise.resolve("public");
  readonly telling = new Map<string, boolean>();

  registerDevice = ({ endpoint }: Subscription, showsText: boolean) => {
    this.telling.set(endpoint, showsText);
    if (this.isDown) {
      return Promise.reject(new Error("down"));
    }
    this.devices.add(endpoint);
    return Promise.resolve(endpoint);
  };
  removeDevice = (endpoint: string) => {
    this.devices.delete(endpoint);
    return Promise.resolve();
  };
  badge = () => Promise.resolve(this.unread);

  readonly api = {
    devices: { pushKey: this.pushKey, register: this.registerDevice, remove: this.removeDevice },
    personal: { badge: this.badge },
  };
}

function desk() {
  const store = new Store(update, initial);
  const browser = new Browser();
  const server = new Server();
  const notifier = new Notifier(store, server.api as unknown as Api, browser);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  return { store, browser, server, notifier, state: () => notifier.store.get() };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("the switch", () => {
  it("asks the user, subscribes with the key of the server, and registers the device", async () => {
    const { browser, server, notifier, state } = desk();
    await notifier.resume();
    expect(state()).toBe("off");
    await notifier.turnOn();
    expect([state(), browser.key, [...server.devices]]).toEqual(["on", "public", [SUBSCRIPTION.endpoint]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(browser.count).toBe(3);
  });

  it("has the server told whether texts are shown, at once and in each later session, and keeps it only if the server knows", async () => {
    const { browser, server, notifier } = desk();
    await notifier.turnOn();
    await notifier.showText(false);
    expect([server.telling.get(SUBSCRIPTION.endpoint), notifier.showsText()]).toEqual([false, false]);
    await notifier.resume();
    expect(server.telling.get(SUBSCRIPTION.endpoint)).toBe(false);
    server.isDown = true;
    await expect(notifier.showText(true)).rejects.toThrow("down");
    expect(browser.isTelling).toBe(false);
  });

  it("shows one that the user asks for", async () => {
    const { browser, notifier } = desk();
    await notifier.showOne("Elastic-Chat", "So it looks.");
    expect(browser.shown).toEqual([["Elastic-Chat", "So it looks."]]);
  });

  it("is off again, here and on the server, when it is turned off", async () => {
    const { browser, server, notifier, state } = desk();
    await notifier.turnOn();
    await notifier.turnOff();
    expect([state(), browser.subscription, browser.count, server.devices.size]).toEqual(["off", null, 0, 0]);
  });

  it.each([["denied", "blocked"], ["default", "off"]] as const)("takes %s for an answer", async (answer, expected) => {
    const { browser, server, notifier, state } = desk();
    browser.answer = answer;
    await notifier.turnOn();
    expect([state(), server.devices.size]).toEqual([expected, 0]);
  });

  it("can't be turned where there are no notifications", async () => {
    const { browser, notifier, state } = desk();
    browser.mind = null;
    await notifier.resume();
    expect(state()).toBe("unsupported");
    await notifier.leave();
    expect(state()).toBe("unsupported");
  });

  it("stays on for the next page, and the device belongs to the session that is there then", async () => {
    const { browser, server, notifier, state } = desk();
    browser.mind = "granted";
    browser.subscription = SUBSCRIPTION;
    await notifier.resume();
    expect([state(), server.devices.size]).toEqual(["on", 1]);
  });

  it("is off while the server does not know the device", async () => {
    const { browser, server, notifier, state } = desk();
    browser.mind = "granted";
    browser.subscription = SUBSCRIPTION;
    server.isDown = true;
    await notifier.resume();
    expect(state()).toBe("off");
  });

  it("leaves nothing behind when the session ends", async () => {
    const { browser, notifier, state } = desk();
    await notifier.turnOn();
    await notifier.leave();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([state(), browser.subscription, browser.count]).toEqual(["off", null, 0]);
  });
});

describe("what was read", () => {
  it("is taken back, and the icon has the new number soon", async () => {
    const { store, browser, server, notifier } = desk();
    store.dispatch({ type: "conversations_listed", summaries: [summary(group, message(5), 1, 4)] });
    await notifier.turnOn();
    store.dispatch({ type: "opened", conversationId: null });
    store.dispatch({ type: "read", conversationId: ROOM, seq: 4 });
    server.unread = 1;
    await vi.advanceTimersByTimeAsync(1_001);
    expect(browser.withdrawn.at(-1)).toEqual([ROOM, 4]);
    expect(browser.count).toBe(1);
  });
});

describe("the names that are left for when the page is closed", () => {
  it("are those of users and of groups", async () => {
    const { store, browser, notifier } = desk();
    await notifier.turnOn();
    store.dispatch({ type: "conversations_listed", summaries: [summary(group, message(5), 1, 4)] });
    store.dispatch({ type: "users_found", users: [{ userId: ANNA, username: "anna", displayName: "Anna" }] });
    await vi.advanceTimersByTimeAsync(1_001);
    expect(browser.names).toEqual({ users: { [ANNA]: "Anna" }, titles: { [ROOM]: group.title } });
    expect(namesOf(store.get())).toEqual(browser.names);
  });
});
