/**
 * Lets the app start without a network. The page comes from the network if that answers in time, so that a new version is there with the next
 * start; its parts have names that change with their content, and come from what is kept. A new worker waits until its user takes it, or
 * until no page of another build is open.
 */

import { askedFor, buildWordFrom, type BuildWord } from "../core/shell";

const worker = self as unknown as ServiceWorkerGlobalScope;

/** The build puts it in: web/shell.ts. */
declare const __SHELL__: { readonly build: string; readonly parts: readonly string[] };

const PREFIX = "elastic-chat.shell.";
const { build, parts } = __SHELL__;
const CACHE = `${PREFIX}${build}`;
const PAGE = "/";
const PARTS = new Set(parts);
/** Whoever waits longer for a page has no network worth the name. */
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers());
});

worker.addEventListener("fetch", (event) => {
  switch (askedFor(event.request, worker.location.origin, PARTS)) {
    case "page":
      event.respondWith(newest(event));
      break;
    case "part":
      event.respondWith(kept(event.request));
      break;
    default:
      break;
  }
});

worker.addEventListener("message", (event) => {
  const word = buildWordFrom(event.data);
  if (word?.type === "take_over") {
    event.waitUntil(worker.skipWaiting());
  } else if (word?.type === "build") {
    event.waitUntil(compare(word.build, event.source));
  }
});

/** The browser's own cache may have the page of the last build. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...parts].map((path) => new Request(path, { cache: "no-cache" })));
}

async function forgetOthers(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Also a page that the network gives later than this waits is of use: nothing is lost but that it is shown. */
async function newest({ request }: FetchEvent): Promise<Response> {
  const late = new Promise<null>((resolve) => setTimeout(() => { resolve(null); }, PATIENCE_MS));
  const answer = fetch(request).catch(() => null);
  const first = await Promise.race([answer, late]);
  // A server that is there and broken is no reason to show an error: the app says by itself what can't be reached.
  if (first !== null && first.status < 500) {
    return first;
  }
  return (await caches.match(PAGE, { cacheName: CACHE })) ?? (await answer) ?? Response.error();
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE })) ?? fetch(request);
}

/** A page of this very build loses nothing if this worker takes over, unless there are others. */
async function compare(theirs: string, page: ExtendableMessageEvent["source"]): Promise<void> {
  if (theirs !== build) {
    const word: BuildWord = { type: "waits" };
    page?.postMessage(word);
    return;
  }
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.length <= 1) {
    await worker.skipWaiting();
  }
}
