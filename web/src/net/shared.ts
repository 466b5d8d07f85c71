/** What the service worker has kept of what the user shares with the app, see src/worker/share.ts. */

import { type Shared, SHARED_CACHE, SHARED_FILES, SHARED_TEXT } from "../core/shared";

/** Gives it, once; null if there is nothing. */
export async function takeShared(): Promise<Shared | null> {
  if (!("caches" in window) || !(await caches.has(SHARED_CACHE))) {
    return null;
  }
  const cache = await caches.open(SHARED_CACHE);
  const text = (await (await cache.match(SHARED_TEXT))?.text()) ?? "";
  const files: File[] = [];
  for (let answer = await cache.match(`${SHARED_FILES}0`); answer !== undefined; answer = await cache.match(`${SHARED_FILES}${files.length}`)) {
    const blob = await answer.blob();
    files.push(new File([blob], decodeURIComponent(answer.headers.get("x-name") ?? "file"), { type: blob.type }));
  }
  await caches.delete(SHARED_CACHE);
  return text === "" && files.length === 0 ? null : { text, files };
}
