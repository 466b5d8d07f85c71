/** Takes what the user shares with the app, keeps it, and opens the client, which asks where it is to go: src/net/shared.ts. */

import { askedFor, SHARED_HASH } from "../core/shell";
import { FIELDS, MAX_SHARED_FILES, SHARED_CACHE, SHARED_FILES, SHARED_TEXT, textOf } from "../core/shared";

const worker = self as unknown as ServiceWorkerGlobalScope;
const NOTHING: ReadonlySet<string> = new Set();

worker.addEventListener("fetch", (event) => {
  if (askedFor(event.request, worker.location.origin, NOTHING) === "share") {
    event.respondWith(take(event.request));
  }
});

/** What was shared before and went nowhere makes room. */
async function take(request: Request): Promise<Response> {
  const form = await request.formData();
  const text = textOf([FIELDS.title, FIELDS.text, FIELDS.url].map((name) => stringOf(form.get(name))));
  const files = form.getAll(FIELDS.files).filter((file) => file instanceof File && file.name !== "").slice(0, MAX_SHARED_FILES) as readonly File[];
  await caches.delete(SHARED_CACHE);
  const cache = await caches.open(SHARED_CACHE);
  await cache.put(SHARED_TEXT, new Response(text));
  for (const [index, file] of files.entries()) {
    const headers = { "content-type": file.type || "application/octet-stream", "x-name": encodeURIComponent(file.name) };
    await cache.put(`${SHARED_FILES}${index}`, new Response(file, { headers }));
  }
  return Response.redirect(`/${SHARED_HASH}`, 303);
}

function stringOf(value: FormDataEntryValue | null): string | null {
  return typeof value === "string" ? value : null;
}
