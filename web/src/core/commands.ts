/** What can be done by writing a command where one writes messages: `/topic Tea`. */

import { isMute } from "./mine";
import { mayI } from "./select";
import type { ConversationState } from "./state";

export const COMMANDS = ["poll", "status", "mute", "unmute", "topic", "invite", "leave"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Those that mean nothing without words behind them. */
const WORDY: ReadonlySet<CommandName> = new Set(["topic"]);

/** The commands that the user can give in a conversation now. */
export function commandsIn(chat: ConversationState, now: number): readonly CommandName[] {
  return COMMANDS.filter((name) => isPossible(name, chat, now));
}

function isPossible(name: CommandName, chat: ConversationState, now: number): boolean {
  const { kind } = chat.conversation;
  const isCrowd = kind === "group" || kind === "channel";
  switch (name) {
    case "poll":
      return mayI(chat, "write");
    case "status":
      return true;
    case "mute":
    case "unmute":
      return kind !== "notes" && isMute(chat.kept.mine, now) === (name === "unmute");
    case "topic":
      return isCrowd && mayI(chat, "manage");
    case "invite":
      return isCrowd && mayI(chat, "invite");
    case "leave":
      return isCrowd;
  }
}

export interface Given {
  readonly name: CommandName;
  /** What stands behind it, in one line. */
  readonly words: string;
  /** Whether it needs words and has none. */
  readonly isIncomplete: boolean;
}

/** The command that a text is, among those that are possible; null if it is a message. */
export function commandIn(text: string, possible: readonly CommandName[]): Given | null {
  const [, typed = "", rest = ""] = /^\/(\p{L}+)(?:\s+([^]*))?$/u.exec(text.trim()) ?? [];
  const name = possible.find((one) => one === typed.toLowerCase());
  const words = rest.trim().replace(/\s+/g, " ");
  return name === undefined ? null : { name, words, isIncomplete: WORDY.has(name) && words === "" };
}

/** A status as somebody writes it: an emoji first, if there is one, then words. */
export function statusIn(words: string): { readonly emoji: string; readonly text: string } {
  const first = [...new Intl.Segmenter().segment(words)][0]?.segment ?? "";
  const isEmoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(first);
  return isEmoji ? { emoji: first, text: words.slice(first.length).trim() } : { emoji: "", text: words };
}
