/**
 * The texts of the chat, by language. English is in the page, but for what only parts say that are loaded when they are opened: those bring
 * theirs along (`alsoSaying`). The others are fetched when they are spoken, as a whole.
 */

import type { Catalogues } from "../app/language";
import english from "virtual:texts/en/chat";

export { english };

export const catalogues: Catalogues = {
  ar: async () => (await import("virtual:texts/ar/chat")).default,
  de: async () => (await import("virtual:texts/de/chat")).default,
  en: () => Promise.resolve(english),
  es: async () => (await import("virtual:texts/es/chat")).default,
  zh: async () => (await import("virtual:texts/zh/chat")).default,
};
