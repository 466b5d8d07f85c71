/** Whom a text mentions: a user name behind an @, or everyone by `@all`. The server is told apart from the text, which stays as it was typed. */

import { type Block, blocks, type Span } from "./markdown";
import { mayI } from "./select";
import type { ConversationState, State } from "./state";
import type { User, UserId } from "./types";

export const ALL = "all";

/** What the server takes with one message. */
const MAX_MENTIONS = 100;
/** As user names are made, but not within a word, an address or a path. */
const NAMES = /(?<![\p{L}\p{N}._@/-])@[a-z0-9][a-z0-9._-]*/giu;
/** A name may end with what ends a sentence, too. */
const TRAILING = /[._-]$/;

/** A part of a text: what is just said, or who is mentioned by it. */
export type Part = string | { readonly typed: string; readonly who: UserId | typeof ALL };

/** Who is called so, in small letters; null if nobody is that can be mentioned. */
export type Find = (name: string) => UserId | typeof ALL | null;

/** Cuts a text where it mentions somebody; put together again the parts are the text. */
export function mentionParts(text: string, find: Find): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(NAMES)) {
    const found = longest(match[0], find);
    if (found !== null) {
      parts.push(...(match.index > end ? [text.slice(end, match.index)] : []), found);
      end = match.index + found.typed.length;
    }
  }
  return end < text.length ? [...parts, text.slice(end)] : parts;
}

function longest(match: string, find: Find): Exclude<Part, string> | null {
  for (let typed = match; typed.length > 1; typed = typed.slice(0, -1)) {
    const who = find(typed.slice(1).toLowerCase());
    if (who !== null) {
      return { typed, who };
    }
    if (!TRAILING.test(typed)) {
      return null;
    }
  }
  return null;
}

export interface Mentioned {
  readonly userIds: readonly UserId[];
  readonly isAll: boolean;
}

/** Whom a text mentions of those who can be, each once and in the order of the text, but for what is code or a link. */
export function mentionedIn(text: string, people: readonly User[], mayAll: boolean): Mentioned {
  const find = finding(people, mayAll);
  const found = new Set(blocks(text).flatMap(textsOfBlock).flatMap((plain) => mentionParts(plain, find)).flatMap((part) => (typeof part === "string" ? [] : [part.who])));
  return { userIds: [...found].filter((who): who is UserId => who !== ALL).slice(0, MAX_MENTIONS), isAll: found.has(ALL) };
}

/** Finds people by their user names. */
export function finding(people: readonly User[], mayAll: boolean): Find {
  const byName = new Map(people.map(({ username, userId }) => [username, userId]));
  return (name) => (mayAll && name === ALL ? ALL : (byName.get(name) ?? null));
}

function textsOfBlock(block: Block): readonly string[] {
  switch (block.type) {
    case "paragraph":
      return block.spans.flatMap(textsOfSpan);
    case "code":
      return [];
    case "quote":
      return block.blocks.flatMap(textsOfBlock);
    case "list":
      return block.items.flat().flatMap(textsOfBlock);
  }
}

function textsOfSpan(span: Span): readonly string[] {
  switch (span.type) {
    case "text":
      return [span.text];
    case "code":
    case "link":
      return [];
    case "strong":
    case "emphasis":
    case "deleted":
      return span.spans.flatMap(textsOfSpan);
  }
}

/** Whom the user can mention in a conversation, who has spoken last first, and whether they may mention everyone at once. */
export function mentionable({ users }: Pick<State, "users">, chat: ConversationState): { readonly people: readonly User[]; readonly mayAll: boolean } {
  const { conversation, members, log } = chat;
  const speakers = log.entries.toReversed().map(({ senderId }) => senderId);
  const ids = new Set(members ?? conversation.memberIds);
  const people = [...new Set([...speakers.filter((id) => ids.has(id)), ...ids])].flatMap((id) => users.get(id) ?? []).filter(({ displayName }) => displayName !== null);
  const isCrowd = conversation.kind === "group" || conversation.kind === "channel";
  return { people: conversation.kind === "notes" ? [] : people, mayAll: isCrowd && mayI(chat, "mentionAll") };
}
