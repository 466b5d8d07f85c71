/** The keyboard within the messages: the list is one stop of Tab, and the arrow keys, Home and End go from message to message. */

import { type FocusEvent, type KeyboardEvent, type RefObject, useCallback, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";

import { type ShortcutId, shortcutOf } from "../core/shortcuts";
import type { Row } from "../core/timeline";
import { keyboardOf } from "./keyboard";

/** After so many frames something has gone. */
const FRAMES = 30;
const CHOICE = ".message-choice";

export interface Roving {
  /** Where the keyboard is, by the index of the row; null if it is not in the messages. That row stays drawn. */
  readonly at: number | null;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
  /** Takes the keyboard to a message. */
  readonly go: (key: string) => void;
}

/** While `isChoosing`, the keyboard is on what a message is chosen by. */
export function useRoving(rows: readonly Row[], list: RefObject<HTMLElement | null>, virtual: RefObject<VirtualizerHandle | null>, isChoosing: boolean): Roving {
  const [key, setKey] = useState<string | null>(null);
  const found = key === null ? -1 : rows.findIndex((row) => row.key === key);
  const at = found < 0 ? null : found;

  // What was far away can have the focus only when it has been measured, some frames later.
  useEffect(() => {
    let frame = 0;
    let left = FRAMES;
    const focus = () => {
      const message = key === null ? null : messageOf(list.current, key);
      message?.focus({ preventScroll: true });
      left -= 1;
      if (key !== null && left > 0 && (message === null || message !== document.activeElement)) {
        frame = requestAnimationFrame(focus);
      }
    };
    focus();
    return () => { cancelAnimationFrame(frame); };
  }, [key, list, isChoosing]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const { target } = event;
      // Buttons and players in a message have keys of their own.
      if (!(target instanceof HTMLElement) || (target !== list.current && !target.matches(`[data-key], ${CHOICE}`))) {
        return;
      }
      const here = rows.findIndex((row) => row.key === keyOf(target));
      const next = nextMessage(rows, shortcutOf(event.nativeEvent, "messages", keyboardOf(target)), here < 0 ? rows.length : here);
      if (next !== undefined) {
        event.preventDefault();
        virtual.current?.scrollToIndex(rows.indexOf(next), { align: "nearest" });
        setKey(next.key);
      }
    },
    [rows, list, virtual],
  );
  // It goes from message to message within the list, too.
  const onBlur = useCallback(({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
    if (!currentTarget.contains(relatedTarget)) {
      setKey(null);
    }
  }, []);
  return { at, onKeyDown, onBlur, go: setKey };
}

function nextMessage(rows: readonly Row[], asked: ShortcutId | null, here: number): Row | undefined {
  switch (asked) {
    case "previousMessage":
      return rows.slice(0, here).findLast(isMessage);
    case "nextMessage":
      return rows.slice(here + 1).find(isMessage);
    case "firstMessage":
      return rows.find(isMessage);
    case "lastMessage":
      return rows.findLast(isMessage);
    default:
      return undefined;
  }
}

function isMessage({ type }: Row): boolean {
  return type === "message";
}

/** The row that something stands in. */
export function keyOf(element: HTMLElement): string | undefined {
  return element.closest<HTMLElement>("[data-key]")?.dataset["key"];
}

function messageOf(list: HTMLElement | null, key: string): HTMLElement | null {
  const message = list?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
  return message?.querySelector<HTMLElement>(CHOICE) ?? message;
}
