/** Where the keyboard is: it comes into what opens, and goes back to where it was when that closes. */

import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect } from "react";

const FOCUSABLE =
  "a[href], button:not(:disabled), input:not(:disabled):not([type=hidden]), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex='-1'])";

export function focusables(within: HTMLElement): readonly HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(FOCUSABLE)];
}

/** While `isOpen`, remembers who had the focus, and gives it back unless somebody else has taken it meanwhile. */
export function useFocusGivenBack(within: RefObject<HTMLElement | null>, isOpen: boolean): void {
  useLayoutEffect(() => {
    if (!isOpen) {
      return;
    }
    const before = document.activeElement;
    const element = within.current;
    return () => {
      const now = document.activeElement;
      const isLost = now === null || now === document.body || element?.contains(now) === true;
      if (isLost && before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, [within, isOpen]);
}

/**
 * Esc leaves something, unless something in it takes it for itself, or a dialog or a menu is open. The focus is in it or nowhere: a button that
 * can't be pressed while its answer is awaited has lost it.
 */
export function useEscape(within: RefObject<HTMLElement | null>, leave: () => void): void {
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const { key, target, defaultPrevented } = event;
      const isHere = target === document.body || (target instanceof Node && within.current?.contains(target) === true);
      if (key === "Escape" && !defaultPrevented && isHere && document.querySelector("dialog[open], :popover-open") === null) {
        event.preventDefault();
        leave();
      }
    };
    document.addEventListener("keydown", press);
    return () => { document.removeEventListener("keydown", press); };
  }, [within, leave]);
}

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  next: (at, count) => (at + 1) % count,
  previous: (at, count) => (at - 1 + count) % count,
  first: () => 0,
  last: (_, count) => count - 1,
};

const KEYS = {
  vertical: { ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last" },
  horizontal: { ArrowRight: "next", ArrowLeft: "previous", Home: "first", End: "last" },
} as const;

/** Which of `count` things a key leads to from the one `at`; null if it leads nowhere. Sideways it follows the direction of the writing. */
export function stepped(event: KeyboardEvent<HTMLElement>, way: keyof typeof KEYS, at: number, count: number): number | null {
  const isTurned = way === "horizontal" && getComputedStyle(event.currentTarget).direction === "rtl";
  const key = isTurned ? ({ ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] ?? event.key) : event.key;
  const step = STEPS[(KEYS[way] as Readonly<Record<string, string>>)[key] ?? ""];
  return step === undefined || count === 0 ? null : step(at, count);
}
