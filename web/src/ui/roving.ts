/** The keyboard within the messages: the list is one stop of Tab, and the arrow keys, Home and End go from message to message. */

import { type FocusEvent, type KeyboardEvent, type RefObject, useCallback, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";

import { type ShortcutId, shortcutOf } from "../core/shortcuts";
import type { Row } from "../core/timeline";
import { keyboardOf } from "./keyboard";

/** After so many frames something has gone. */
const FRAMES = 30;

export interface Roving {
  /** Where the keyboard is, by the index of the row; null if it is not in the messages. That row stays drawn. */
  readonly at: number | null;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
}

export function useRoving(rows: readonly Row[], list: RefObject<HTMLElement | null>, virtual: RefObject<VirtualizerHandle | null>): Roving {
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
  }, [key, list]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const { target } = event;
      // Buttons and players in a message have keys of their own.
      if (!(target instanceof HTMLElement) || (target !== list.current && target.dataset["key"] === undefined)) {
        return;
      }
      const here = rows.findIndex((row) => row.key === target.dataset["key"]);
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
  return { at, onKeyDown, onBlur };
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

function messageOf(list: HTMLElement | null, key: string): HTMLElement | null {
  return list?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}
