/**
 * Gives the client its messages. Those of `src/locales/<language>/<area>.json` are read here, when it is built, so that a browser loads no
 * parser; a message without placeholders stays a text, any other becomes its tree.
 */

import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plugin } from "vite";

import { DEFAULT_LANGUAGE } from "./src/core/language.ts";

const LOCALES = join(import.meta.dirname, "src/locales");
const PREFIX = "virtual:texts/";
/** What not every page needs is a module of its own: the operations page has the first, the service worker the second. */
const APART: readonly string[] = ["ops", "notifications"];
/** What only parts say that are loaded when they are opened. English, which is in the page from the beginning, has it apart, too: it comes with them. */
export const LATER: readonly string[] = ["account", "admin", "details", "keyboard", "media", "safety", "search", "selecting", "settings", "writing"];

/** No message is read in a browser. */
export const withoutParser = { find: /^@formatjs\/icu-messageformat-parser$/, replacement: "@formatjs/icu-messageformat-parser/no-parser.js" };

/** Makes modules of the catalogues: `virtual:texts/de/chat`, and one for each area that stands apart, such as `virtual:texts/de/ops`. */
export function catalogues(): Plugin {
  return {
    name: "catalogues",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) {
        return null;
      }
      const [language = "", part = ""] = id.slice(PREFIX.length + 1).split("/");
      const apart = language === DEFAULT_LANGUAGE ? [...APART, ...LATER] : APART;
      const files = filesOf(language).filter((file) => (apart.includes(part) ? areaOf(file) === part : !apart.includes(areaOf(file))));
      files.forEach((file) => { this.addWatchFile(file); });
      return `export default ${JSON.stringify(Object.assign({}, ...files.map(compiled)))};`;
    },
  };
}

/** Every file of a language, by name. */
export function filesOf(language: string): readonly string[] {
  const folder = join(LOCALES, language);
  return readdirSync(folder).sort().map((name) => join(folder, name));
}

export function areaOf(file: string): string {
  return basename(file, ".json");
}

export function messagesOf(file: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
}

/** Throws SyntaxError for a message that is not in the format of ICU. */
export function treeOf(message: string): MessageFormatElement[] {
  return parse(message, { captureLocation: false, requiresOtherClause: true });
}

function compiled(file: string): Readonly<Record<string, string | MessageFormatElement[]>> {
  return Object.fromEntries(
    Object.entries(messagesOf(file)).map(([key, message]) => {
      const [first, ...rest] = treeOf(message);
      return [key, first?.type === TYPE.literal && rest.length === 0 ? first.value : treeOf(message)];
    }),
  );
}
