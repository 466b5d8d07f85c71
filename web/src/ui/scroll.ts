/**
 * How the list of messages moves. Only what is near the screen is drawn: `virtua` knows how tall the rest is. The list stays at the end
 * while new messages come, stays where it is while older ones are put in above, fetches those in time, tells what was on the screen, shows
 * what is asked for by `reveal`, and is where it was when one comes back to it.
 */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { CacheSnapshot, VirtualizerHandle } from "virtua";

import type { ConversationState } from "../core/state";
import type { Row } from "../core/timeline";
import type { ConversationId } from "../core/types";
import { useClient } from "./context";
import { useRevealed } from "./reveal";

export interface Scroll {
  readonly list: RefObject<HTMLDivElement | null>;
  readonly virtual: RefObject<VirtualizerHandle | null>;
  /** How tall the rows are, from the last time that these were shown. */
  readonly cache: CacheSnapshot | undefined;
  /** Whether the newest change put rows in above. */
  readonly isShifted: boolean;
  readonly isAtEnd: boolean;
  /** The message that is pointed out for a moment. */
  readonly highlighted: string | null;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/** So near to the end counts as there. */
const END_PX = 48;
/** Older messages are fetched when less than this is left above. */
const AHEAD_PX = 900;
/** The line "new" is shown this far below the top. */
const NEW_PX = 72;
/** What stands above the rows. */
export const TOP_PX = 48;
const HIGHLIGHTED_MS = 2_000;

/** Where a conversation was left. */
interface Place {
  readonly rows: number;
  readonly cache: CacheSnapshot;
  /** The row at the top, and how far above the screen it began. */
  readonly key: string;
  readonly above: number;
}

/** Where conversations were left that were not at their end. */
const places = new Map<ConversationId, Place>();

export function useScroll(rows: readonly Row[], chat: ConversationState): Scroll {
  const client = useClient();
  const list = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const wasAtEndRef = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  const { conversationId } = chat.conversation;
  const { tail } = chat.log;
  const canLoad = !chat.log.complete && chat.older === "idle";
  const [left] = useState(() => places.get(conversationId));
  const isShifted = useShift(rows);
  const highlighted = useRevealing(rows, conversationId, virtual, wasAtEndRef);

  /** Draws the consequences of where the list now is. */
  const settle = useCallback(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    wasAtEndRef.current = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    setAtEnd(wasAtEndRef.current);
    if (wasAtEndRef.current && document.visibilityState === "visible") {
      client.read(conversationId, tail);
    }
    if (canLoad && element.scrollTop < AHEAD_PX) {
      void client.loadOlder(conversationId);
    }
  }, [client, conversationId, tail, canLoad]);

  const toEnd = useCallback(() => {
    wasAtEndRef.current = true;
    stick(list.current);
  }, []);

  useBeginning(rows, left, list, virtual, wasAtEndRef);
  useSticking(rows, list, wasAtEndRef);
  useLayoutEffect(settle, [rows, settle]);

  useEffect(() => {
    document.addEventListener("visibilitychange", settle);
    return () => { document.removeEventListener("visibilitychange", settle); };
  }, [settle]);

  const latest = useRef(rows);
  useLayoutEffect(() => { latest.current = rows; }, [rows]);
  useLayoutEffect(() => {
    const handle = virtual.current;
    return () => { leave(conversationId, latest.current, handle, wasAtEndRef.current); };
  }, [conversationId]);

  return { list, virtual, cache: left?.rows === rows.length ? left.cache : undefined, isShifted, isAtEnd, highlighted, onScroll: settle, toEnd };
}

/** Whether the newest change of the rows put some in above. */
function useShift(rows: readonly Row[]): boolean {
  const [known, setKnown] = useState({ rows, isShifted: false });
  if (known.rows === rows) {
    return known.isShifted;
  }
  const before = firstMessage(known.rows);
  const isShifted = before !== undefined && before !== firstMessage(rows) && lastKey(known.rows) === lastKey(rows);
  setKnown({ rows, isShifted });
  return isShifted;
}

/** Puts the list where it was left, or at the line "new", or at the end. */
function useBeginning(
  rows: readonly Row[],
  left: Place | undefined,
  list: RefObject<HTMLDivElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
  wasAtEndRef: RefObject<boolean>,
): void {
  const hasBegun = useRef(false);
  useLayoutEffect(() => {
    if (hasBegun.current || firstMessage(rows) === undefined) {
      return;
    }
    hasBegun.current = true;
    const at = left === undefined ? -1 : rows.findIndex(({ key }) => key === left.key);
    const news = rows.findIndex(({ type }) => type === "new");
    if (news >= 0) {
      wasAtEndRef.current = false;
      virtual.current?.scrollToIndex(news, { align: "start", offset: -NEW_PX });
    } else if (left !== undefined && at >= 0) {
      wasAtEndRef.current = false;
      virtual.current?.scrollToIndex(at, { align: "start", offset: left.above });
    } else {
      stick(list.current);
    }
  }, [rows, left, list, virtual, wasAtEndRef]);
}

/** Keeps a list at its end that was there, whatever grows: messages, pictures, the keyboard of a phone. What one sends goes there, too. */
function useSticking(rows: readonly Row[], list: RefObject<HTMLDivElement | null>, wasAtEndRef: RefObject<boolean>): void {
  const lastOwn = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const last = rows.at(-1);
    const own = last?.type === "message" && last.isOwn ? last.key : undefined;
    const isSent = last?.type === "message" && last.seq === null && own !== undefined && own !== lastOwn.current;
    lastOwn.current = own;
    if (isSent) {
      wasAtEndRef.current = true;
    }
    if (wasAtEndRef.current) {
      stick(list.current);
    }
  }, [rows, list, wasAtEndRef]);

  useEffect(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    const observer = new ResizeObserver(() => {
      if (wasAtEndRef.current) {
        stick(element);
      }
    });
    observer.observe(element);
    for (const child of element.children) {
      observer.observe(child);
    }
    return () => { observer.disconnect(); };
  }, [list, wasAtEndRef]);
}

function useRevealing(
  rows: readonly Row[],
  conversationId: ConversationId,
  virtual: RefObject<VirtualizerHandle | null>,
  wasAtEndRef: RefObject<boolean>,
): string | null {
  const revealed = useRevealed(conversationId);
  const done = useRef<typeof revealed>(null);
  const [highlighted, setHighlighted] = useState<string | null>(null);
  useEffect(() => {
    const at = revealed === null || revealed === done.current ? -1 : rows.findIndex((row) => row.type === "message" && row.seq === revealed.seq);
    const row = rows[at];
    if (row === undefined) {
      return;
    }
    done.current = revealed;
    wasAtEndRef.current = false;
    virtual.current?.scrollToIndex(at, { align: "center" });
    // Its end is known by the key: another may have been pointed out meanwhile.
    setTimeout(() => { setHighlighted(row.key); });
    setTimeout(() => { setHighlighted((now) => (now === row.key ? null : now)); }, HIGHLIGHTED_MS);
  }, [rows, revealed, virtual, wasAtEndRef]);
  return highlighted;
}

function leave(conversationId: ConversationId, rows: readonly Row[], handle: VirtualizerHandle | null, isAtEnd: boolean): void {
  const at = handle === null || isAtEnd ? -1 : handle.findItemIndex(handle.scrollOffset);
  const row = rows[at];
  if (handle === null || row === undefined) {
    places.delete(conversationId);
  } else {
    places.set(conversationId, { rows: rows.length, cache: handle.cache, key: row.key, above: handle.scrollOffset - handle.getItemOffset(at) });
  }
}

function stick(element: HTMLElement | null): void {
  if (element !== null) {
    element.scrollTop = element.scrollHeight;
  }
}

/** Days move when older messages come in above them: a message says better where the list begins. */
function firstMessage(rows: readonly Row[]): string | undefined {
  return rows.find((row) => row.type === "message" || row.type === "system")?.key;
}

function lastKey(rows: readonly Row[]): string | undefined {
  return rows.at(-1)?.key;
}
