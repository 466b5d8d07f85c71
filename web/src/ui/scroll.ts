/**
 * How the list of messages moves: it stays at the end while new ones come, stays where it is while older ones are put in above, fetches
 * those in time, and tells what was on the screen.
 */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import type { ConversationState } from "../core/state";
import type { Row } from "../core/timeline";
import { useClient } from "./context";

export interface Scroll {
  readonly list: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/** So near to the end counts as there. */
const END_PX = 48;
/** Older messages are fetched when less than this is left above. */
const AHEAD_PX = 600;
/** The line "new" is shown this far below the top. */
const NEW_PX = 72;

interface Extent {
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly height: number;
}

export function useScroll(rows: readonly Row[], chat: ConversationState): Scroll {
  const client = useClient();
  const list = useRef<HTMLDivElement>(null);
  const extent = useRef<Extent | null>(null);
  const wasAtEnd = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  const { conversationId } = chat.conversation;
  const { tail } = chat.log;
  const canLoad = !chat.log.complete && chat.older === "idle";

  /** Draws the consequences of where the list now is. */
  const settle = useCallback(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    wasAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    setAtEnd(wasAtEnd.current);
    if (wasAtEnd.current && document.visibilityState === "visible") {
      client.read(conversationId, tail);
    }
    if (canLoad && element.scrollTop < AHEAD_PX) {
      void client.loadOlder(conversationId);
    }
  }, [client, conversationId, tail, canLoad]);

  const toEnd = useCallback(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, []);

  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    const before = extent.current;
    const after: Extent = { first: firstMessage(rows), last: rows.at(-1)?.key, height: element.scrollHeight };
    const last = rows.at(-1);
    if (before?.first === undefined) {
      element.scrollTop = element.scrollHeight;
      showNew(element);
    } else if ((last?.type === "message" && last.isOwn && last.key !== before.last) || (wasAtEnd.current && after.first === before.first)) {
      element.scrollTop = element.scrollHeight;
    } else if (after.first !== before.first) {
      element.scrollTop += after.height - before.height;
    }
    extent.current = after;
    settle();
  }, [rows, settle]);

  useEffect(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    // The keyboard of a phone and a growing text field take room from the list.
    const observer = new ResizeObserver(() => {
      if (wasAtEnd.current) {
        element.scrollTop = element.scrollHeight;
      }
    });
    observer.observe(element);
    document.addEventListener("visibilitychange", settle);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", settle);
    };
  }, [settle]);

  return { list, isAtEnd, onScroll: settle, toEnd };
}

/** Days move when older messages come in above them: a message says better where the list begins. */
function firstMessage(rows: readonly Row[]): string | undefined {
  return rows.find((row) => row.type === "message" || row.type === "system")?.key;
}

/** Goes back to the first new message, if it is further up than the screen reaches. */
function showNew(element: HTMLElement): void {
  const line = element.querySelector("[data-new]");
  if (line !== null) {
    const above = element.getBoundingClientRect().top + NEW_PX - line.getBoundingClientRect().top;
    if (above > 0) {
      element.scrollTop -= above;
    }
  }
}
