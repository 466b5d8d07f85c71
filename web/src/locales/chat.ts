/** The texts of the chat, by language. English is in the page; the others are fetched when they are spoken. */

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
