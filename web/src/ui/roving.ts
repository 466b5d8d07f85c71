/** The keyboard within the messages: the list is one stop of Tab, and the arrow keys, Home and End go from message to message. */

import { type KeyboardEvent, type RefObject, useCallback, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";

import type { Row } from "../core/timeline";

export interface Roving {
  /** Where the keyboard is, by the index of the row; null if it is not in the messages. That row stays drawn. */
  readonly at: number | null;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onBlur: () => void;
}

export function useRoving(rows: readonly Row[], list: RefObject<HTMLElement | null>, virtual: RefObject<VirtualizerHandle | null>): Roving {
  const [key, setKey] = useState<string | null>(null);
  const found = key === null ? -1 : rows.findIndex((row) => row.key === key);
  const at = found < 0 ? null : found;

  useEffect(() => {
    if (key !== null && at !== null) {
      virtual.current?.scrollToIndex(at, { align: "nearest" });
      // It is drawn with the next frame, if it was not there.
      const frame = requestAnimationFrame(() => { messageOf(list.current, key)?.focus({ preventScroll: true }); });
      return () => { cancelAnimationFrame(frame); };
    }
    return undefined;
    // Rows that come and go don't move the keyboard.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const { target } = event;
      // Buttons and players in a message have keys of their own.
      if (!(target instanceof HTMLElement) || (target !== list.current && target.dataset["key"] === undefined)) {
        return;
      }
      const here = rows.findIndex((row) => row.key === target.dataset["key"]);
      const next = nextMessage(rows, event.key, here < 0 ? rows.length : here);
      if (next !== undefined) {
        event.preventDefault();
        setKey(next.key);
      }
    },
    [rows, list],
  );
  const onBlur = useCallback(() => { setKey(null); }, []);
  return { at, onKeyDown, onBlur };
}

function nextMessage(rows: readonly Row[], pressed: string, here: number): Row | undefined {
  switch (pressed) {
    case "ArrowUp":
      return rows.slice(0, here).findLast(isMessage);
    case "ArrowDown":
      return rows.slice(here + 1).find(isMessage);
    case "Home":
      return rows.find(isMessage);
    case "End":
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
