/** The texts of the operations page, by language: those of the chat, of which it uses some, and its own. */

import type { Catalogues } from "../app/language";
import type { Catalogue } from "../core/texts";
import { catalogues as chat, english as chatEnglish } from "./chat";
import accountEnglish from "virtual:texts/en/account";
import opsEnglish from "virtual:texts/en/ops";

export const english: Catalogue = { ...chatEnglish, ...accountEnglish, ...opsEnglish };

export const catalogues: Catalogues = {
  ar: () => both(chat.ar(), import("virtual:texts/ar/ops")),
  de: () => both(chat.de(), import("virtual:texts/de/ops")),
  en: () => Promise.resolve(english),
  es: () => both(chat.es(), import("virtual:texts/es/ops")),
  zh: () => both(chat.zh(), import("virtual:texts/zh/ops")),
};

async function both(texts: Promise<Catalogue>, more: Promise<{ readonly default: Catalogue }>): Promise<Catalogue> {
  return { ...(await texts), ...(await more).default };
}
