/** Spans of time to choose from. */

import type { Words } from "../../core/words";

interface Option {
  readonly value: string;
  readonly label: string;
}

/** `spans` in seconds, and the one that is set if it is none of them; 0 is called `never`. */
export function spanOptions(spans: readonly number[], set: number, never: string, words: Words): readonly Option[] {
  const all = spans.includes(set) ? spans : [...spans, set].sort((a, b) => a - b);
  return all.map((seconds) => ({ value: String(seconds), label: seconds === 0 ? never : words.duration(seconds) }));
}

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

export const SLOW_MODES = [0, 10, 30, 60, 300, 900, HOUR_S];
export const LIFETIMES = [0, HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S];
export const MUTES = [HOUR_S, 8 * HOUR_S, DAY_S, 7 * DAY_S];
export const INVITE_LIFETIMES = [HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S];
