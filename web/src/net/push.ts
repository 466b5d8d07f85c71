/** What a browser has for notifications: a service worker, a subscription to the push service of its maker, and an icon with a number. */

import type { Names, ReadNews } from "../core/notification";
import type { ConversationId } from "../core/types";
import { registered, workers } from "./worker";

/** Where src/worker/notifications.ts looks for the names. */
const CACHE = "elastic-chat.push";
const NAMES = "/push-names";
/** Set if what is pushed here is to say nothing of what was said. */
const WITHOUT_TEXT_KEY = "elastic-chat.push-without-text";

/** The address of this browser at its push service, and the keys by which only it reads what is sent there. */
export interface Subscription {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

/** The one of the page; tests have another. */
export interface PushBrowser {
  /** Null if this browser, or the address of this page, has no notifications. */
  permission(): NotificationPermission | null;
  /** Asks the user; must follow a click of theirs. */
  ask(): Promise<NotificationPermission>;
  subscribed(): Promise<Subscription | null>;
  subscribe(publicKey: string): Promise<Subscription>;
  unsubscribe(): Promise<void>;
  /** Takes away what is shown of a conversation up to a seq. */
  withdraw(conversationId: ConversationId, seq: number): Promise<void>;
  setBadge(count: number): Promise<void>;
  keepNames(names: Names): Promise<void>;
  /** Whether what is pushed here is to tell what was said; so until somebody decides otherwise. */
  showsText(): boolean;
  keepShowsText(isShown: boolean): void;
  /** Shows a notification of this page's own. */
  show(title: string, body: string): Promise<void>;
}

export const pushBrowser: PushBrowser = {
  permission: () => (isSupported() ? Notification.permission : null),

  ask: () => Notification.requestPermission(),

  subscribed: async () => subscriptionFrom((await (await registration())?.pushManager.getSubscription()) ?? null),

  subscribe: async (publicKey) => {
    const { pushManager } = await registered();
    await navigator.serviceWorker.ready;
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
    const subscription = subscriptionFrom(made);
    if (subscription === null) {
      throw new Error("The browser gave no keys.");
    }
    return subscription;
  },

  unsubscribe: async () => {
    const found = await registration();
    await (await found?.pushManager.getSubscription())?.unsubscribe();
    (await found?.getNotifications())?.forEach((one) => { one.close(); });
    await pushBrowser.setBadge(0);
    await caches.delete(CACHE);
  },

  withdraw: async (conversationId, seq) => {
    const read: ReadNews = { type: "read", conversationId, seq, badge: null };
    (await registration())?.active?.postMessage(read);
  },

  setBadge: async (count) => {
    await (navigator as Partial<Navigator>).setAppBadge?.(count).catch(() => undefined);
  },

  keepNames: async (names) => {
    await (await caches.open(CACHE)).put(NAMES, Response.json(names));
  },

  showsText: () => localStorage.getItem(WITHOUT_TEXT_KEY) === null,

  keepShowsText: (isShown) => {
    if (isShown) {
      localStorage.removeItem(WITHOUT_TEXT_KEY);
    } else {
      localStorage.setItem(WITHOUT_TEXT_KEY, "yes");
    }
  },

  show: async (title, body) => {
    await (await registered()).showNotification(title, { body, icon: "/icons/app-192.png", tag: "elastic-chat.test" });
  },
};

/** Calls back when a notification was clicked while a page was open. */
export function onOpened(open: (conversationId: ConversationId) => void): void {
  workers()?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const { type, conversationId } = (data ?? {}) as { readonly type?: unknown; readonly conversationId?: unknown };
    if (type === "open" && typeof conversationId === "string") {
      open(conversationId as ConversationId);
    }
  });
}

/** Browsers have none of it on a page without HTTPS. */
function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  return isSupported() ? navigator.serviceWorker.getRegistration("/") : undefined;
}

function subscriptionFrom(made: PushSubscription | null): Subscription | null {
  const { endpoint, keys } = made?.toJSON() ?? {};
  const { p256dh, auth } = keys ?? {};
  return endpoint === undefined || p256dh === undefined || auth === undefined ? null : { endpoint, p256dh, auth };
}
