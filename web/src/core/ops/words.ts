/** Numbers and times as operators read them. What is not known is a dash. */

import type { Words } from "../words";

export const UNKNOWN = "–";

/** Three digits that count. */
export function number(value: number | null, words: Words): string {
  if (value === null) {
    return UNKNOWN;
  }
  return Math.abs(value) >= 10_000 ? words.number(value, { notation: "compact", maximumSignificantDigits: 3 }) : words.number(value, digits(value));
}

function digits(value: number): Intl.NumberFormatOptions {
  const size = Math.abs(value);
  return { maximumFractionDigits: size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2 };
}

export function whole(value: number | null, words: Words): string {
  return value === null ? UNKNOWN : words.number(Math.round(value));
}

export function milliseconds(value: number | null, words: Words): string {
  if (value === null) {
    return UNKNOWN;
  }
  if (value >= 10_000) {
    return words.t("ops.seconds", { value: words.number(value / 1_000, digits(value / 1_000)) });
  }
  const said = words.t("ops.milliseconds", { value: words.number(Math.max(value, 1), digits(Math.max(value, 1))) });
  return value < 1 ? words.t("ops.less", { value: said }) : said;
}

/** A part of a hundred. */
export function percent(value: number | null, words: Words): string {
  if (value === null) {
    return UNKNOWN;
  }
  const shown = value > 0 ? Math.max(value, LEAST_PERCENT) : value;
  const said = words.number(shown / 100, { style: "percent", ...digits(shown) });
  return shown > value ? words.t("ops.less", { value: said }) : said;
}

const LEAST_PERCENT = 0.01;

export function bytes(value: number | null, words: Words): string {
  if (value === null) {
    return UNKNOWN;
  }
  const [amount, unit] = value >= 1e9 ? [value / 1e9, "gigabyte"] : [value / 1e6, "megabyte"];
  return words.number(amount, { style: "unit", unit, ...digits(amount) });
}

export function perSecond(value: number | null, words: Words): string {
  return words.t("ops.perSecond", { value: number(value, words) });
}

/** How long something has lasted, or will, in its two largest units. */
export function duration(ms: number, { t }: Words): string {
  const all = Math.max(0, Math.floor(ms / 1_000));
  const [days, hours, minutes, seconds] = [Math.floor(all / 86_400), Math.floor(all / 3_600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (days > 0) {
    return t("ops.durationDays", { days, hours });
  }
  if (hours > 0) {
    return t("ops.durationHours", { hours, minutes });
  }
  return minutes > 0 ? t("ops.durationMinutes", { minutes, seconds }) : t("ops.durationSeconds", { seconds });
}

const STATUSES: Readonly<Record<string, string>> = {
  "0": "OK",
  "1": "CANCELLED",
  "2": "UNKNOWN",
  "3": "INVALID_ARGUMENT",
  "4": "DEADLINE_EXCEEDED",
  "5": "NOT_FOUND",
  "6": "ALREADY_EXISTS",
  "7": "PERMISSION_DENIED",
  "8": "RESOURCE_EXHAUSTED",
  "9": "FAILED_PRECONDITION",
  "10": "ABORTED",
  "11": "OUT_OF_RANGE",
  "12": "UNIMPLEMENTED",
  "13": "INTERNAL",
  "14": "UNAVAILABLE",
  "15": "DATA_LOSS",
  "16": "UNAUTHENTICATED",
};

/** With which statuses calls failed, the most frequent first. */
export function statuses(byStatus: Readonly<Record<string, number>>, words: Words): string {
  return Object.entries(byStatus)
    .filter(([status]) => status !== "0")
    .sort(([, a], [, b]) => b - a)
    .map(([status, times]) => `${STATUSES[status] ?? words.t("ops.status", { code: status })} ${whole(times, words)}`)
    .join(", ");
}
