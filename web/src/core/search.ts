/** Looking for messages: what is written in the field, what of it is suggested, and what was found so far. */

import { changesByTarget, folded } from "./fold";
import type { ConversationState } from "./state";
import type { ConversationId, Found, FoundPage, Highlight, UserId } from "./types";

export const OPERATORS = ["from", "in", "has", "after", "before"] as const;
export type Operator = (typeof OPERATORS)[number];

/** What `has:` takes. */
export const KINDS = ["file", "image", "link", "poll"] as const;

/** An operator that is being written. */
export interface Token {
  readonly operator: Operator;
  /** What stands behind the colon, up to the caret, without quotes. */
  readonly value: string;
  /** Where it begins and ends in the query, with what is left of it behind the caret. */
  readonly from: number;
  readonly to: number;
  /** Whether a "-" stands before it. */
  readonly isNegated: boolean;
}

/** A part of a query: quotes keep spaces together. */
const PART = /-?(?:[a-z]+:)?"[^"]*"?|\S+/gi;
const OPERATOR = /^(-?)([a-z]+):"?([^"]*)"?$/i;

/** The operator in which the caret stands; null if it stands in none. */
export function tokenAt(query: string, caret: number): Token | null {
  for (const { 0: part, index } of query.matchAll(PART)) {
    if (index < caret && caret <= index + part.length) {
      const [, sign = "", name = "", value = ""] = OPERATOR.exec(query.slice(index, caret)) ?? [];
      const operator = OPERATORS.find((one) => one === name.toLowerCase());
      return operator === undefined ? null : { operator, value, from: index, to: index + part.length, isNegated: sign !== "" };
    }
  }
  return null;
}

/** The query with an operator begun at its end, for somebody who has chosen one. */
export function begun(query: string, operator: Operator): string {
  return `${query.trimEnd()}${query.trim() === "" ? "" : " "}${operator}:`;
}

/** The query with another value in the place of what is being written, and where the caret stands then. */
export function completed(query: string, { operator, from, to, isNegated }: Token, value: string): { readonly query: string; readonly caret: number } {
  const part = `${isNegated ? "-" : ""}${operator}:${quoted(value)} `;
  return { query: query.slice(0, from) + part + query.slice(to).trimStart(), caret: from + part.length };
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** How a conversation is named behind `in:`: by its title, if no other has it and it can be written. */
export function placeName(title: string, conversationId: ConversationId, titles: readonly string[]): string {
  const isAlone = titles.filter((one) => one.toLowerCase() === title.toLowerCase()).length === 1;
  return isAlone && title !== "" && !/["@]/.test(title) ? title : conversationId;
}

/** Whether there is something to look for: not while an operator has no value yet, or a quote is open. */
export function isWhole(query: string): boolean {
  const isOpen = query.split('"').length % 2 === 0;
  return query.trim() !== "" && !isOpen && !new RegExp(`(^|\\s)-?(${OPERATORS.join("|")}):(\\s|$)`, "i").test(query) && !/(^|\s)-$/.test(query);
}

/** What the server is asked for: in one conversation, or in all. */
export function askedFor(query: string, conversationId: ConversationId | null): string {
  const words = query.trim().replace(/\s+/g, " ");
  return conversationId === null ? words : `${words} in:${conversationId}`;
}

/** The day of a time, as `after:` and `before:` take it, where days begin so many minutes before those of UTC. */
export function dayOf(at: number, utcOffsetMinutes: number): string {
  return new Date(at + utcOffsetMinutes * 60_000).toISOString().slice(0, 10);
}

/** A part of a text, and whether it was looked for. */
export interface Piece {
  readonly text: string;
  readonly isMarked: boolean;
}

/** Cuts the part of a text out that is shown, and tells what of it was looked for. Nothing that the server says can break it. */
export function pieces(text: string, marks: readonly Pick<Highlight, "start" | "end">[], part: { readonly start: number; readonly end: number } | null): readonly Piece[] {
  const [from, to] = part === null ? [0, text.length] : [Math.max(0, part.start), Math.min(text.length, part.end)];
  const found: Piece[] = from > 0 ? [{ text: "…", isMarked: false }] : [];
  const put = (start: number, end: number, isMarked: boolean) => {
    if (start < end) {
      found.push({ text: text.slice(start, end), isMarked });
    }
  };
  let at = from;
  for (const { start, end } of [...marks].sort((a, b) => a.start - b.start)) {
    const [begins, ends] = [Math.max(at, start), Math.min(to, end)];
    if (begins < ends) {
      put(at, begins, false);
      put(begins, ends, true);
      at = ends;
    }
  }
  put(at, to, false);
  return to < text.length ? [...found, { text: "…", isMarked: false }] : found;
}

/**
 * A message that was found, as it is by now: null if it is there no more. What was edited since is shown whole, and nothing of it marked: it
 * may not have the words any more.
 */
export function asItIs(found: Found, chat: ConversationState | undefined, me: UserId | null): Found | null {
  const { entry } = found;
  if (chat === undefined || entry.content.kind !== "message") {
    return chat === undefined ? null : found;
  }
  if (chat.hidden.has(entry.seq)) {
    return null;
  }
  const shown = folded(entry.content, changesByTarget(chat.log.entries).get(entry.seq) ?? [], me);
  if (shown.isDeleted) {
    return null;
  }
  return shown.text === entry.content.said.text ? found : { entry: { ...entry, content: { ...entry.content, said: shown } }, highlights: [], snippet: null };
}

/** How far a search is. Its number tells its answers from those of searches before. */
export interface Search {
  readonly number: number;
  /** What is looked for; empty for nothing. */
  readonly words: string;
  readonly phase: "idle" | "searching" | "found" | "more" | "failed";
  readonly items: readonly Found[];
  /** What to ask for the next page with; empty if there is none. */
  readonly next: string;
  readonly isIncomplete: boolean;
  readonly failure: unknown;
}

export type SearchStep =
  /** Something else is looked for, or the same again. */
  | { readonly type: "asked"; readonly words: string }
  /** The next page is. */
  | { readonly type: "more_asked" }
  | { readonly type: "came"; readonly number: number; readonly page: FoundPage }
  | { readonly type: "failed"; readonly number: number; readonly failure: unknown };

export const NO_SEARCH: Search = { number: 0, words: "", phase: "idle", items: [], next: "", isIncomplete: false, failure: null };

export function searched(search: Search, step: SearchStep): Search {
  switch (step.type) {
    case "asked":
      // What was found before stays in sight until there is something else, so that nothing flickers while one writes.
      return { ...search, number: search.number + 1, words: step.words, phase: step.words === "" ? "idle" : "searching", ...(step.words === "" ? { items: [] } : {}), next: "", isIncomplete: false, failure: null };
    case "more_asked":
      return search.next === "" ? search : { ...search, phase: "more", failure: null };
    case "came": {
      if (step.number !== search.number) {
        return search;
      }
      const { items, next, isIncomplete } = step.page;
      return { ...search, phase: "found", items: search.phase === "more" ? [...search.items, ...items] : items, next, isIncomplete: isIncomplete || (search.phase === "more" && search.isIncomplete) };
    }
    case "failed":
      return step.number === search.number ? { ...search, phase: "failed", items: search.phase === "more" ? search.items : [], failure: step.failure } : search;
  }
}
