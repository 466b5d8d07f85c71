/** What the client says in English, for tests. */
import account from "virtual:texts/en/account";
import admin from "virtual:texts/en/admin";
import details from "virtual:texts/en/details";
import keyboard from "virtual:texts/en/keyboard";
import media from "virtual:texts/en/media";
import notifications from "virtual:texts/en/notifications";
import safety from "virtual:texts/en/safety";
import search from "virtual:texts/en/search";
import settings from "virtual:texts/en/settings";
import writing from "virtual:texts/en/writing";

import { Words } from "../src/core/words";
import { english } from "../src/locales/ops";

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

export const ENGLISH = new Words(
  "en",
  { ...english, ...account, ...admin, ...details, ...keyboard, ...media, ...notifications, ...safety, ...search, ...settings, ...writing },
  { locale: "en", timeZone },
);
