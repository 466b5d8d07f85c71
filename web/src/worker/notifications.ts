/** Shows what pushes tell while no page is open. It fetches nothing and keeps nothing of its own. */

import { isLanguage, type Language, languageFor, localeFor } from "../core/language";
import { isNames, isRead, isShown, linesOf, type MessageNews, NAMELESS, type Names, newsFrom, pathOf, type ReadNews } from "../core/notification";
import type { Catalogue } from "../core/texts";
import { Words } from "../core/words";
import ar from "virtual:texts/ar/notifications";
import de from "virtual:texts/de/notifications";
import en from "virtual:texts/en/notifications";
import es from "virtual:texts/es/notifications";
import zh from "virtual:texts/zh/notifications";

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { ar, de, en, es, zh };

const worker = self as unknown as ServiceWorkerGlobalScope;

worker.addEventListener("push", (event) => {
  event.waitUntil(told(jsonOf(event.data)));
});

// The page says what was read there, as the server does of other devices.
worker.addEventListener("message", (event) => {
  event.waitUntil(told(event.data));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function told(value: unknown): Promise<void> {
  const news = newsFrom(value);
  if (news === null) {
    return;
  }
  await (news.type === "message" ? show(news) : withdraw(news));
  if (news.badge !== null) {
    await (worker.navigator as Partial<WorkerNavigator>).setAppBadge?.(news.badge).catch(() => undefined);
  }
}

/** One notification a conversation: the newest takes the place of what is there, and makes itself heard. */
async function show(news: MessageNews): Promise<void> {
  const { conversationId, seq } = news;
  const spoken = await words();
  const { title, body } = linesOf(news, await names(), spoken);
  const options: NotificationOptions & { readonly renotify: boolean } = { body, lang: spoken.language, dir: "auto", tag: conversationId, data: { conversationId, seq }, renotify: true };
  await worker.registration.showNotification(title, options);
}

async function withdraw(news: ReadNews): Promise<void> {
  const shown = await worker.registration.getNotifications({ tag: news.conversationId });
  shown.filter(({ data }) => isRead(data, news)).forEach((one) => { one.close(); });
}

/** Brings a page that is open to the conversation, or opens one. */
async function open(data: unknown): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (page === undefined) {
    await worker.clients.openWindow(pathOf(data));
    return;
  }
  if (isShown(data)) {
    page.postMessage({ type: "open", conversationId: data.conversationId });
  }
  await page.focus();
}

async function names(): Promise<Names> {
  const value = await left("/push-names");
  return isNames(value) ? value : NAMELESS;
}

/** In the language that the page speaks, or for want of it in one of the browser's. */
async function words(): Promise<Words> {
  const { languages } = worker.navigator;
  const value = await left("/language");
  const language = isLanguage(value) ? value : languageFor(languages);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return new Words(language, CATALOGUES[language], { locale: localeFor(language, languages), timeZone });
}

/** What the page has left for this worker, see net/push.ts and net/language.ts. */
async function left(path: string): Promise<unknown> {
  try {
    return await (await caches.match(path))?.json();
  } catch {
    return null;
  }
}

function jsonOf(data: PushMessageData | null): unknown {
  try {
    return data?.json() as unknown;
  } catch {
    return null;
  }
}
