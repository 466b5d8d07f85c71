/** Which language the user has chosen in this browser, and where pages and the service worker find it. */

import { isLanguage, type Language } from "../core/language";

export const LANGUAGE_KEY = "elastic-chat.language";
/** Where src/worker/notifications.ts looks: it has no localStorage. */
const CACHE = "elastic-chat.language";
const SPOKEN = "/language";

/** Null if the browser is to decide. */
export function chosenLanguage(): Language | null {
  const value = localStorage.getItem(LANGUAGE_KEY);
  return isLanguage(value) ? value : null;
}

export function keepLanguage(language: Language | null): void {
  if (language === null) {
    localStorage.removeItem(LANGUAGE_KEY);
  } else {
    localStorage.setItem(LANGUAGE_KEY, language);
  }
}

/** Tells the service worker what the page speaks. On a page without HTTPS there is none, and nothing to tell. */
export async function leaveLanguage(language: Language): Promise<void> {
  if ("caches" in globalThis) {
    await (await caches.open(CACHE)).put(SPOKEN, Response.json(language));
  }
}
