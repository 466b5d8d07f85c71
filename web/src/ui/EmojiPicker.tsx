import { type KeyboardEvent, memo, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";

import { foundEmoji, type Group, GROUPS, type NamedEmoji, type Tone, toned, TONES } from "../core/emoji";
import type { TextId } from "../core/texts";
import { chooseTone, noteEmoji, useEmoji, useEmojiHabits } from "./emoji";
import { EmptyState } from "./parts/EmptyState";
import { Skeleton } from "./parts/Skeleton";
import { useText } from "./words";

interface EmojiPickerProps {
  readonly onPick: (emoji: string) => void;
}

const GROUP: Readonly<Record<Group, { readonly sign: string; readonly label: TextId }>> = {
  0: { sign: "😀", label: "composer.emojiSmileys" },
  1: { sign: "👋", label: "composer.emojiPeople" },
  3: { sign: "🐻", label: "composer.emojiNature" },
  4: { sign: "🍎", label: "composer.emojiFood" },
  5: { sign: "🚗", label: "composer.emojiPlaces" },
  6: { sign: "⚽", label: "composer.emojiActivities" },
  7: { sign: "💡", label: "composer.emojiObjects" },
  8: { sign: "💜", label: "composer.emojiSymbols" },
  9: { sign: "🏁", label: "composer.emojiFlags" },
};

const TONE: Readonly<Record<Tone, { readonly sign: string; readonly label: TextId }>> = {
  0: { sign: "✋", label: "composer.tone0" },
  1: { sign: "✋🏻", label: "composer.tone1" },
  2: { sign: "✋🏼", label: "composer.tone2" },
  3: { sign: "✋🏽", label: "composer.tone3" },
  4: { sign: "✋🏾", label: "composer.tone4" },
  5: { sign: "✋🏿", label: "composer.tone5" },
};

interface Section {
  readonly key: string;
  readonly label: TextId;
  readonly emoji: readonly NamedEmoji[];
}

/** The choice of an emoji: by its name in the language of the page, by its group, or among those that were used last. */
export default function EmojiPicker({ onPick }: EmojiPickerProps) {
  const t = useText();
  const { emoji, isFailed, retry } = useEmoji(true);
  const { tone, recent } = useEmojiHabits();
  const [query, setQuery] = useState("");
  const [pointed, setPointed] = useState<NamedEmoji | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const wanted = useDeferredValue(query);
  // What is used last stays where it is while one chooses.
  const [recentAtFirst] = useState(recent);
  const sections = useMemo(() => (emoji === null ? [] : sectionsOf(emoji, wanted, recentAtFirst)), [emoji, wanted, recentAtFirst]);

  useEffect(() => { search.current?.focus(); }, []);

  const pick = (one: NamedEmoji) => {
    const chosen = recent.includes(one.emoji) ? one.emoji : toned(one, tone);
    noteEmoji(chosen);
    onPick(chosen);
  };

  const searchKey = (event: KeyboardEvent) => {
    const first = sections[0]?.emoji[0];
    if (event.nativeEvent.isComposing) {
      return;
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      buttonsOf(grid.current)[0]?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (first !== undefined && query !== "") {
        pick(first);
      }
    }
  };

  const gridKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = buttonsOf(grid.current);
    const here = buttons.indexOf(document.activeElement as HTMLElement);
    const next = nextIn(buttons, here, event.key, getComputedStyle(event.currentTarget).direction === "rtl");
    if (next === "search") {
      event.preventDefault();
      search.current?.focus();
    } else if (next !== null) {
      event.preventDefault();
      next.focus();
    }
  };

  return (
    <div className="emoji-picker" data-testid="emoji-picker">
      <input
        ref={search}
        type="search"
        value={query}
        placeholder={t("composer.emojiFind")}
        aria-label={t("composer.emojiFind")}
        onChange={(event) => { setQuery(event.target.value); }}
        onKeyDown={searchKey}
      />
      <nav className="emoji-groups" aria-label={t("composer.emojiGroups")}>
        {GROUPS.map((group) => (
          <button
            key={group}
            className="emoji"
            type="button"
            aria-label={t(GROUP[group].label)}
            title={t(GROUP[group].label)}
            onClick={() => {
              setQuery("");
              requestAnimationFrame(() => grid.current?.querySelector(`[data-group="${group}"]`)?.scrollIntoView({ block: "start" }));
            }}
          >
            {GROUP[group].sign}
          </button>
        ))}
      </nav>
      <div ref={grid} className="emoji-grid" onKeyDown={gridKey}>
        {isFailed && (
          <EmptyState icon="alert" title={t("errors.UNAVAILABLE")}>
            <button className="button" type="button" onClick={retry}>{t("messages.retry")}</button>
          </EmptyState>
        )}
        {emoji === null && !isFailed && <Skeleton label={t("composer.emojiLoading")} rows={5} />}
        {emoji !== null && sections.length === 0 && <EmptyState icon="search" title={t("composer.emojiNone")} />}
        {sections.map(({ key, label, emoji: shown }) => (
          <EmojiSection key={key} group={key} label={t(label)} emoji={shown} tone={tone} isFirst={key === sections[0]?.key} onPoint={setPointed} onPick={pick} />
        ))}
      </div>
      <footer className="emoji-foot">
        <span className="emoji-name" aria-hidden="true">{pointed === null ? "" : pointed.name}</span>
        <span className="emoji-tones" role="radiogroup" aria-label={t("composer.tone")}>
          {TONES.map((one) => (
            <label key={one} className="emoji emoji-tone" title={t(TONE[one].label)}>
              <input className="visually-hidden" type="radio" name="tone" checked={tone === one} aria-label={t(TONE[one].label)} onChange={() => { chooseTone(one); }} />
              {TONE[one].sign}
            </label>
          ))}
        </span>
      </footer>
    </div>
  );
}

interface EmojiSectionProps {
  readonly group: string;
  readonly label: string;
  readonly emoji: readonly NamedEmoji[];
  readonly tone: Tone;
  /** Whether Tab comes into its first emoji. */
  readonly isFirst: boolean;
  readonly onPoint: (emoji: NamedEmoji) => void;
  readonly onPick: (emoji: NamedEmoji) => void;
}

/** It is not drawn anew by the emoji that one points at. */
const EmojiSection = memo(
  function EmojiSection({ group, label, emoji, tone, isFirst, onPoint, onPick }: EmojiSectionProps) {
    return (
      <section className="emoji-section" data-group={group} aria-label={label}>
        <h3>{label}</h3>
        <div className="emoji-cells">
          {emoji.map((one, index) => (
            <button
              key={one.emoji}
              className="emoji"
              type="button"
              tabIndex={isFirst && index === 0 ? 0 : -1}
              aria-label={one.name}
              data-emoji
              onPointerEnter={() => { onPoint(one); }}
              onFocus={() => { onPoint(one); }}
              onClick={() => { onPick(one); }}
            >
              {group === RECENT ? one.emoji : toned(one, tone)}
            </button>
          ))}
        </div>
      </section>
    );
  },
  (before, after) => before.emoji === after.emoji && before.tone === after.tone && before.label === after.label && before.isFirst === after.isFirst,
);

const RECENT = "recent";

function sectionsOf(all: readonly NamedEmoji[], query: string, recent: readonly string[]): readonly Section[] {
  if (query.trim() !== "") {
    const found = foundEmoji(all, query);
    return found.length === 0 ? [] : [{ key: "found", label: "composer.emojiFound", emoji: found }];
  }
  const last = recent.flatMap((emoji) => {
    const known = all.find((one) => one.emoji === emoji || one.tones.includes(emoji));
    return known === undefined ? [] : [{ ...known, emoji, tones: [] }];
  });
  return [
    ...(last.length === 0 ? [] : [{ key: RECENT, label: "composer.emojiRecent" as const, emoji: last }]),
    ...GROUPS.map((group) => ({ key: String(group), label: GROUP[group].label, emoji: all.filter((one) => one.group === group) })),
  ];
}

function buttonsOf(grid: HTMLElement | null): readonly HTMLElement[] {
  return [...(grid?.querySelectorAll<HTMLElement>("[data-emoji]") ?? [])];
}

/** Where a key leads from one emoji: sideways along the writing, up and down to the nearest of the next line. Up from the first line to the search. */
function nextIn(buttons: readonly HTMLElement[], here: number, key: string, isTurned: boolean): HTMLElement | "search" | null {
  const at = buttons[here];
  if (at === undefined) {
    return null;
  }
  switch (key) {
    case "ArrowLeft":
      return buttons[here + (isTurned ? 1 : -1)] ?? null;
    case "ArrowRight":
      return buttons[here + (isTurned ? -1 : 1)] ?? null;
    case "ArrowDown":
      return beyond(buttons.slice(here), at);
    case "ArrowUp":
      return beyond(buttons.slice(0, here).reverse(), at) ?? "search";
    case "Home":
      return buttons[0] ?? null;
    case "End":
      return buttons.at(-1) ?? null;
    default:
      return null;
  }
}

/** Of the first line that is not that of `from`, what is nearest to it. */
function beyond(buttons: readonly HTMLElement[], from: HTMLElement): HTMLElement | null {
  const { top, left } = from.getBoundingClientRect();
  const line = buttons.map((button) => ({ button, box: button.getBoundingClientRect() })).filter(({ box }) => Math.abs(box.top - top) > 1);
  const first = line[0]?.box.top;
  return line.filter(({ box }) => box.top === first).toSorted((a, b) => Math.abs(a.box.left - left) - Math.abs(b.box.left - left))[0]?.button ?? null;
}
