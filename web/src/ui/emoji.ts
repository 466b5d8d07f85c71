/** The emoji in the language of the page, fetched when they are needed; and which of them somebody uses in this browser. */

import { useEffect, useState, useSyncExternalStore } from "react";

import { type EmojiData, named, type NamedEmoji, type Tone, TONES, used } from "../core/emoji";
import type { Language } from "../core/language";
import { useWords } from "./words";

const DATA: Readonly<Record<Language, () => Promise<{ readonly default: EmojiData }>>> = {
  ar: () => import("virtual:emoji/ar"),
  de: () => import("virtual:emoji/de"),
  en: () => import("virtual:emoji/en"),
  es: () => import("virtual:emoji/es"),
  zh: () => import("virtual:emoji/zh"),
};

const loaded = new Map<Language, readonly NamedEmoji[]>();

async function load(language: Language): Promise<readonly NamedEmoji[]> {
  const known = loaded.get(language);
  if (known !== undefined) {
    return known;
  }
  const { default: data } = await DATA[language]();
  const emoji = named(...data);
  loaded.set(language, emoji);
  return emoji;
}

export interface EmojiList {
  /** Null until it is there. */
  readonly emoji: readonly NamedEmoji[] | null;
  readonly isFailed: boolean;
  readonly retry: () => void;
}

/** Every emoji, as soon as they are `wanted`. */
export function useEmoji(wanted: boolean): EmojiList {
  const { language } = useWords();
  const [emoji, setEmoji] = useState<readonly NamedEmoji[] | null>(() => loaded.get(language) ?? null);
  const [isFailed, setFailed] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isOver = false;
    if (wanted) {
      load(language).then(
        (all) => {
          if (!isOver) {
            setEmoji(all);
          }
        },
        () => {
          if (!isOver) {
            setFailed(true);
          }
        },
      );
    }
    return () => { isOver = true; };
  }, [wanted, language, turn]);
  return {
    emoji,
    isFailed,
    retry: () => {
      setFailed(false);
      setTurn(turn + 1);
    },
  };
}

export interface EmojiHabits {
  readonly tone: Tone;
  /** The newest first. */
  readonly recent: readonly string[];
}

const KEY = "elastic-chat.emoji";
const NONE: EmojiHabits = { tone: 0, recent: [] };
const listeners = new Set<() => void>();
let current: EmojiHabits | null = null;

export function useEmojiHabits(): EmojiHabits {
  return useSyncExternalStore(subscribe, habits);
}

export function noteEmoji(emoji: string): void {
  keep({ ...habits(), recent: used(habits().recent, emoji) });
}

export function chooseTone(tone: Tone): void {
  keep({ ...habits(), tone });
}

/** What somebody else has put into the storage counts as nothing. */
function habits(): EmojiHabits {
  current ??= read();
  return current;
}

function keep(next: EmojiHabits): void {
  current = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing remembers it until the page is closed.
  }
  listeners.forEach((listener) => { listener(); });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): EmojiHabits {
  try {
    const { tone, recent } = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Record<keyof EmojiHabits, unknown>>;
    return {
      tone: TONES.find((one) => one === tone) ?? NONE.tone,
      recent: Array.isArray(recent) ? recent.filter((emoji) => typeof emoji === "string") : NONE.recent,
    };
  } catch {
    return NONE;
  }
}
