/** What the keys do: the client acts by this table, and shows it to who asks. */

import type { TextId } from "./texts";

/** Where the keyboard must be: among the messages, or on one that something can be done with. */
export type Place = "everywhere" | "messages" | "message";

export interface Shortcut {
  readonly does: TextId;
  readonly where: Place;
  /**
   * As `KeyboardEvent.key` names it, a letter as a small one; with Alt as `KeyboardEvent.code` does, since some keyboards make another sign of
   * it then.
   */
  readonly key: string;
  /** Alt, on Apple's keyboards Option. */
  readonly isAlt?: boolean;
  /** Control, on Apple's keyboards Command. */
  readonly isCommand?: boolean;
  readonly isShift?: boolean;
  /** A sign by itself: it does nothing while one writes, and can be switched off. */
  readonly isSign?: boolean;
}

export const SHORTCUTS = {
  shortcuts: { does: "keyboard.shortcuts", where: "everywhere", key: "?", isSign: true },
  settings: { does: "keyboard.settings", where: "everywhere", key: ",", isCommand: true },
  newConversation: { does: "keyboard.newConversation", where: "everywhere", key: "KeyN", isAlt: true },
  previousConversation: { does: "keyboard.previousConversation", where: "everywhere", key: "ArrowUp", isAlt: true },
  nextConversation: { does: "keyboard.nextConversation", where: "everywhere", key: "ArrowDown", isAlt: true },
  previousWaiting: { does: "keyboard.previousWaiting", where: "everywhere", key: "ArrowUp", isAlt: true, isShift: true },
  nextWaiting: { does: "keyboard.nextWaiting", where: "everywhere", key: "ArrowDown", isAlt: true, isShift: true },
  switchConversation: { does: "keyboard.switchConversation", where: "everywhere", key: "KeyK", isCommand: true },
  search: { does: "keyboard.search", where: "everywhere", key: "KeyF", isCommand: true, isShift: true },
  previousMessage: { does: "keyboard.previousMessage", where: "messages", key: "ArrowUp" },
  nextMessage: { does: "keyboard.nextMessage", where: "messages", key: "ArrowDown" },
  firstMessage: { does: "keyboard.firstMessage", where: "messages", key: "Home" },
  lastMessage: { does: "keyboard.lastMessage", where: "messages", key: "End" },
  reply: { does: "messages.reply", where: "message", key: "r" },
  thread: { does: "messages.threadOpen", where: "message", key: "t" },
  edit: { does: "messages.edit", where: "message", key: "e" },
  copy: { does: "messages.copy", where: "message", key: "c" },
  link: { does: "messages.link", where: "message", key: "l" },
  forward: { does: "messages.forward", where: "message", key: "f" },
  select: { does: "messages.select", where: "message", key: "x" },
  star: { does: "messages.star", where: "message", key: "s" },
  pin: { does: "messages.pin", where: "message", key: "p" },
  info: { does: "messages.info", where: "message", key: "i" },
  delete: { does: "messages.deleteAll", where: "message", key: "Delete" },
} as const satisfies Readonly<Record<string, Shortcut>>;

export type ShortcutId = keyof typeof SHORTCUTS;

/** The least that this needs of a `KeyboardEvent`. */
export interface Pressed {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** How the keyboard of the user is, and what they are doing. */
export interface Keyboard {
  readonly isApple: boolean;
  /** Whether signs go into a text. */
  readonly isWriting: boolean;
  /** Whether signs by themselves are shortcuts. */
  readonly hasSigns: boolean;
}

/** What was asked for by a key; null if it means nothing there. */
export function shortcutOf(pressed: Pressed, where: Place, { isApple, isWriting, hasSigns }: Keyboard): ShortcutId | null {
  const [command, other] = isApple ? [pressed.metaKey, pressed.ctrlKey] : [pressed.ctrlKey, pressed.metaKey];
  const found = entries().find(
    ([, { key, isAlt = false, isCommand = false, isShift = false, isSign = false, ...shortcut }]) =>
      shortcut.where === where &&
      (pressed.key === key || pressed.key.toLowerCase() === key || pressed.code === key) &&
      pressed.altKey === isAlt &&
      command === isCommand &&
      (isSign || pressed.shiftKey === isShift) &&
      !other &&
      !(isSign && (isWriting || !hasSigns)),
  );
  return found?.[0] ?? null;
}

/** Those of one place, in the order in which they are told. */
export function shortcutsOf(place: Place): readonly Shortcut[] {
  return entries().flatMap(([, shortcut]) => (shortcut.where === place ? [shortcut] : []));
}

const NAMES: Readonly<Record<string, string>> = { ArrowUp: "↑", ArrowDown: "↓" };

/** What stands on the keys that are to be pressed together. */
export function keysOf({ key, isAlt = false, isCommand = false, isShift = false }: Shortcut, isApple: boolean): readonly string[] {
  return [
    ...(isCommand ? [isApple ? "⌘" : "Ctrl"] : []),
    ...(isAlt ? [isApple ? "⌥" : "Alt"] : []),
    ...(isShift ? [isApple ? "⇧" : "Shift"] : []),
    NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key.replace(/^Key/, "")),
  ];
}

function entries(): readonly (readonly [ShortcutId, Shortcut])[] {
  return Object.entries(SHORTCUTS) as [ShortcutId, Shortcut][];
}
