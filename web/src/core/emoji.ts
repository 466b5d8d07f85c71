/** The emoji, how they are found, and which somebody uses. */

/** An emoji, its group, its short codes (`tada`), and how it looks with each of the five skin tones; none if it has no skin. */
export type Emoji = readonly [emoji: string, group: number, codes: readonly string[], tones: readonly string[]];
export type AllEmoji = readonly Emoji[];
/** The name of each emoji in one language, and what else it is found by. */
export type EmojiWords = readonly (readonly [name: string, words: readonly string[]])[];

export type EmojiData = readonly [all: AllEmoji, words: EmojiWords];

/** 0 for the yellow one that is nobody's, 1 for the lightest, 5 for the darkest. */
export type Tone = 0 | 1 | 2 | 3 | 4 | 5;
export const TONES: readonly Tone[] = [0, 1, 2, 3, 4, 5];

export interface NamedEmoji {
  readonly emoji: string;
  readonly group: number;
  readonly codes: readonly string[];
  readonly tones: readonly string[];
  readonly name: string;
  /** All that it is found by, in small letters. */
  readonly words: readonly string[];
}

/** In the order of Unicode: faces, people, animals, food, places, doing, things, signs, flags. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;
export type Group = (typeof GROUPS)[number];

/** As many as fit into two lines. */
const MAX_RECENT = 16;

export function named(all: AllEmoji, words: EmojiWords): readonly NamedEmoji[] {
  return all.map(([emoji, group, codes, tones], index) => {
    const [name, others] = words[index] ?? ["", []];
    const found = [name, ...others].map(folded);
    return { emoji, group, codes, tones, name, words: [...found, ...codes] };
  });
}

/** An emoji with a skin tone, if it has any. */
export function toned({ emoji, tones }: Pick<NamedEmoji, "emoji" | "tones">, tone: Tone): string {
  return tone === 0 ? emoji : (tones[tone - 1] ?? emoji);
}

/** What is found by each word of `query`, the best first: what is called so, then what begins so, then what has a word that does. */
export function foundEmoji(all: readonly NamedEmoji[], query: string): readonly NamedEmoji[] {
  const whole = folded(query.trim());
  const wanted = whole.split(/[\s_]+/).filter((word) => word !== "");
  if (wanted.length === 0) {
    return all;
  }
  return all
    .map((one) => ({ one, rank: isCalled(one, whole) ? 0 : Math.max(...wanted.map((word) => rankOf(one, word))) }))
    .filter(({ rank }) => rank < NOT_FOUND)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

/** What is completed after a colon: by the beginning of a code or a word. */
export function completedEmoji(all: readonly NamedEmoji[], typed: string, count: number): readonly NamedEmoji[] {
  return typed === "" ? [] : foundEmoji(all, typed).slice(0, count);
}

/** What was used last, the newest first. */
export function used(recent: readonly string[], emoji: string): readonly string[] {
  return [emoji, ...recent.filter((other) => other !== emoji)].slice(0, MAX_RECENT);
}

const NOT_FOUND = 5;

function isCalled({ words, codes }: NamedEmoji, whole: string): boolean {
  return words[0] === whole || codes.includes(whole);
}

function rankOf({ words, emoji }: NamedEmoji, wanted: string): number {
  if (words.includes(wanted) || emoji === wanted) {
    return 1;
  }
  if (words.some((word) => word.startsWith(wanted))) {
    return 2;
  }
  if (words.some((word) => word.split(/[\s_]/).some((part) => part.startsWith(wanted)))) {
    return 3;
  }
  return words.some((word) => word.includes(wanted)) ? 4 : NOT_FOUND;
}

/** As it is compared: small, and without accents. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
