/** What there is to say. English has every message, and its names are the names of all languages. */

import type { MessageFormatElement } from "@formatjs/icu-messageformat-parser";

import type account from "../locales/en/account.json";
import type admin from "../locales/en/admin.json";
import type common from "../locales/en/common.json";
import type composer from "../locales/en/composer.json";
import type connection from "../locales/en/connection.json";
import type conversations from "../locales/en/conversations.json";
import type details from "../locales/en/details.json";
import type errors from "../locales/en/errors.json";
import type keyboard from "../locales/en/keyboard.json";
import type media from "../locales/en/media.json";
import type messages from "../locales/en/messages.json";
import type notifications from "../locales/en/notifications.json";
import type ops from "../locales/en/ops.json";
import type presence from "../locales/en/presence.json";
import type safety from "../locales/en/safety.json";
import type search from "../locales/en/search.json";
import type selecting from "../locales/en/selecting.json";
import type settings from "../locales/en/settings.json";
import type writing from "../locales/en/writing.json";

export type TextId =
  | keyof typeof account
  | keyof typeof admin
  | keyof typeof common
  | keyof typeof composer
  | keyof typeof connection
  | keyof typeof conversations
  | keyof typeof details
  | keyof typeof errors
  | keyof typeof keyboard
  | keyof typeof media
  | keyof typeof messages
  | keyof typeof notifications
  | keyof typeof ops
  | keyof typeof presence
  | keyof typeof safety
  | keyof typeof search
  | keyof typeof selecting
  | keyof typeof settings
  | keyof typeof writing;

/** Messages of one language, by name: a text, or the tree of one that has placeholders. */
export type Catalogue = Readonly<Record<string, string | MessageFormatElement[]>>;

/** What stands in the place of a placeholder. Several texts become a list: “Anna, Ben and you”. */
export type Value = string | number | readonly string[];
export type Values = Readonly<Record<string, Value>>;

/** What is to be said, in whatever language it will be read. */
export interface Sentence {
  readonly id: TextId;
  readonly values?: Values;
}
