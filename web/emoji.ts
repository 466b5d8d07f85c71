/**
 * Gives the client the emoji: their order, groups and skin tones as Unicode has them, and by language the words that people look for them by.
 * They are put together when the client is built, as `virtual:emoji/<language>`, so that a browser loads what it shows
 * and nothing else.
 */

import { createRequire } from "node:module";
import type { Plugin } from "vite";

import type { AllEmoji, EmojiData, EmojiWords } from "./src/core/emoji.ts";

const PREFIX = "virtual:emoji/";
const FLAGS = 9;
/** Skin tones and hair alone: parts of others. */
const COMPONENTS = 2;
const read = createRequire(import.meta.url);

interface Known {
  readonly emoji: string;
  readonly hexcode: string;
  /** In English. */
  readonly label: string;
  readonly group?: number;
  readonly order?: number;
  readonly skins?: readonly { readonly emoji: string; readonly tone: number | readonly number[] }[];
}

interface Annotation {
  readonly default?: readonly string[];
  readonly tts?: readonly string[];
}

/** Makes modules of the emoji. */
export function emoji(): Plugin {
  return {
    name: "emoji",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) {
        return null;
      }
      const data: EmojiData = [allEmoji(), wordsIn(id.slice(PREFIX.length + 1))];
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(data))});`;
    },
  };
}

/** Every emoji, by the order of Unicode. */
export function allEmoji(): AllEmoji {
  const codes = read("emojibase-data/en/shortcodes/github.json") as Readonly<Record<string, string | readonly string[]>>;
  return known().map(({ emoji, hexcode, group = 0, skins = [] }) => {
    const tones = skins.filter(({ tone }) => typeof tone === "number").map((skin) => skin.emoji);
    return [emoji, group, [codes[hexcode] ?? []].flat(), tones];
  });
}

/** Of each emoji, in the same order, its name and what else it is found by. */
export function wordsIn(language: string): EmojiWords {
  const { annotations } = read(`cldr-annotations-full/annotations/${language}/annotations.json`) as { annotations: { annotations: Readonly<Record<string, Annotation>> } };
  const regions = new Intl.DisplayNames(language, { type: "region" });
  return known().map(({ emoji, group, label }) => {
    const code = group === FLAGS ? regionOf(emoji) : null;
    const { tts = [], default: words = [] } = annotations.annotations[emoji.replaceAll("\uFE0F", "")] ?? annotations.annotations[emoji] ?? {};
    const name = tts[0] ?? (code === null ? label : (regions.of(code) ?? label));
    return [name, words.filter((word) => word !== name)];
  });
}

function known(): readonly Known[] {
  return (read("emojibase-data/en/data.json") as readonly Known[])
    .filter(({ group, order }) => group !== undefined && group !== COMPONENTS && order !== undefined)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((one) => ({ ...one, emoji: plain(one.emoji) }));
}

/** As keyboards write it: what is a picture anyway needs nothing that says so, and the same reaction must be the same text. */
function plain(emoji: string): string {
  return emoji.replaceAll(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");
}

/** The region whose flag it is, such as `DE`; null for any other flag. */
function regionOf(flag: string): string | null {
  const letters = Array.from(flag, (letter) => String.fromCharCode((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 65)).join("");
  return /^[A-Z]{2}$/.test(letters) ? letters : null;
}
