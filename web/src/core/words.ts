/** How everything is said in one language: sentences, lists, numbers and times. */

import { isPluralElement, isSelectElement, isTagElement, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import { type FormatXMLElementFn, IntlMessageFormat } from "intl-messageformat";

import { isolated } from "./bidi";
import { directionOf, type Language } from "./language";
import type { Catalogue, TextId, Sentence, Value, Values } from "./texts";

export type Say = (id: TextId, values?: Values) => string;

export interface Place {
  /** How numbers and times are written, such as `en-GB`. */
  readonly locale: string;
  /** Such as `Europe/Madrid`. */
  readonly timeZone: string;
}

const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A message that is ready to be said. What it chooses its words by stands in none of them. */
interface Ready {
  readonly format: IntlMessageFormat;
  readonly choosers: ReadonlySet<string>;
}

export class Words {
  readonly direction: "ltr" | "rtl";
  private readonly ready = new Map<TextId, Ready>();
  private readonly times = new Map<string, Intl.DateTimeFormat>();
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly lists: Intl.ListFormat;
  private readonly relative: Intl.RelativeTimeFormat;

  constructor(
    readonly language: Language,
    private readonly catalogue: Catalogue,
    private readonly place: Place,
  ) {
    this.direction = directionOf(language);
    this.lists = new Intl.ListFormat(place.locale, { type: "conjunction" });
    this.relative = new Intl.RelativeTimeFormat(place.locale);
  }

  /** A message, with values in the place of its placeholders: each stands for itself, whichever way it is written. */
  readonly t: Say = (id, values = {}) => {
    const message = this.catalogue[id];
    if (typeof message === "string" || message === undefined) {
      return message ?? id;
    }
    const { format, choosers } = this.prepared(id, message);
    const plain = Object.entries(values).map(([name, value]) => [name, this.plain(value, choosers.has(name))] as const);
    return String(format.format(Object.fromEntries(plain)));
  };

  /** What says also what is in another catalogue of the same language. */
  with(more: Catalogue): Words {
    return new Words(this.language, { ...this.catalogue, ...more }, this.place);
  }

  say({ id, values }: Sentence): string {
    return this.t(id, values);
  }

  /** The parts of a message in which elements stand among the text. */
  rich<T>(id: TextId, values: Readonly<Record<string, Value | T | FormatXMLElementFn<T>>>): readonly (string | T)[] {
    const message = this.catalogue[id];
    if (typeof message === "string" || message === undefined) {
      return [message ?? id];
    }
    const { format, choosers } = this.prepared(id, message);
    const plain = Object.entries(values).map(([name, value]) => [name, isValue(value) ? this.plain(value, choosers.has(name)) : value] as const);
    const said = format.format<T>(Object.fromEntries(plain));
    return Array.isArray(said) ? said : [said];
  }

  /** “Anna, Ben and you”. */
  list(items: readonly string[]): string {
    return this.lists.format(items.map((item) => isolated(item, this.direction)));
  }

  number(value: number, options: Intl.NumberFormatOptions = {}): string {
    const key = JSON.stringify(options);
    const format = this.numbers.get(key) ?? new Intl.NumberFormat(this.place.locale, options);
    this.numbers.set(key, format);
    return format.format(value);
  }

  /** The hour and minute of a time in Unix milliseconds. */
  clock(at: number): string {
    return this.time(at, { hour: "2-digit", minute: "2-digit" });
  }

  /** To the second, as logs have it. */
  exactClock(at: number): string {
    return this.time(at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  }

  /** Day and time, of what may be any day. */
  moment(at: number): string {
    return this.time(at, { dateStyle: "medium", timeStyle: "short" });
  }

  /** The day of a time. */
  day(at: number, now: number): string {
    const days = this.daysBetween(at, now);
    if (days === 0 || days === 1) {
      return this.t(days === 0 ? "common.today" : "common.yesterday");
    }
    const [year, thisYear] = [at, now].map((time) => new Date(this.midnight(time)).getUTCFullYear());
    return this.time(at, { weekday: "long", day: "numeric", month: "long", ...(year === thisYear ? {} : { year: "numeric" }) });
  }

  /** A time as short as it can be told. */
  shortTime(at: number, now: number): string {
    const days = this.daysBetween(at, now);
    if (days <= 0) {
      return this.clock(at);
    }
    if (days === 1) {
      return this.t("common.yesterday");
    }
    return this.time(at, days < WEEK_DAYS ? { weekday: "short" } : { day: "numeric", month: "short" });
  }

  /** “5 minutes ago”. */
  minutesAgo(minutes: number): string {
    return this.relative.format(-minutes, "minute");
  }

  /** How long a recording or a film is, as players say it: 1:05. */
  length(ms: number): string {
    const seconds = Math.round(ms / 1_000);
    const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60] as const;
    const two = (part: number) => String(part).padStart(2, "0");
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  }

  /** A time in seconds, in the largest unit of which it is a whole number. */
  duration(seconds: number): string {
    const [unit, length] = UNITS.find(([, length]) => seconds % length === 0) ?? ["second", 1];
    return this.number(seconds / length, { style: "unit", unit, unitDisplay: "long" });
  }

  /** A size in bytes, as people say it. */
  size(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
    const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
    const amount = bytes / 1_000 ** power;
    return this.number(amount, { style: "unit", unit: units[power] ?? "byte", unitDisplay: "short", maximumFractionDigits: amount < 10 ? 1 : 0 });
  }

  /** How many midnights lie between two times. */
  daysBetween(at: number, now: number): number {
    return Math.round((this.midnight(now) - this.midnight(at)) / DAY_MS);
  }

  private plain(value: Value, isChooser: boolean): string | number {
    if (typeof value === "number" || (typeof value === "string" && isChooser)) {
      return value;
    }
    return isolated(typeof value === "string" ? value : this.list(value), this.direction);
  }

  private prepared(id: TextId, message: MessageFormatElement[]): Ready {
    const ready = this.ready.get(id) ?? { format: new IntlMessageFormat(message, this.place.locale), choosers: new Set(choosersOf(message)) };
    this.ready.set(id, ready);
    return ready;
  }

  private time(at: number, options: Intl.DateTimeFormatOptions): string {
    return this.timeFormat(this.place.locale, options).format(at);
  }

  private timeFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `${locale} ${JSON.stringify(options)}`;
    const format = this.times.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: this.place.timeZone });
    this.times.set(key, format);
    return format;
  }

  /** When the day of a time has begun, as if that were in Greenwich. */
  private midnight(at: number): number {
    const parts = this.timeFormat("en-u-ca-iso8601", { year: "numeric", month: "numeric", day: "numeric" }).formatToParts(at);
    const [year = 0, month = 1, day = 1] = (["year", "month", "day"] as const).map((type) => Number(parts.find((part) => part.type === type)?.value));
    return Date.UTC(year, month - 1, day);
  }
}

function choosersOf(message: readonly MessageFormatElement[]): readonly string[] {
  return message.flatMap((element) => {
    if (isTagElement(element)) {
      return choosersOf(element.children);
    }
    if (isSelectElement(element) || isPluralElement(element)) {
      const within = Object.values(element.options).flatMap(({ value }) => choosersOf(value));
      return isSelectElement(element) ? [element.value, ...within] : within;
    }
    return [];
  });
}

function isValue(value: unknown): value is Value {
  return typeof value === "string" || typeof value === "number" || (Array.isArray(value) && value.every((item) => typeof item === "string"));
}
