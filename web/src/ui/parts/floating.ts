/** Puts what opens beside what it belongs to, above everything else: in the browser's top layer, where nothing cuts it off. */

import type { Placement, ReferenceElement } from "@floating-ui/dom";
import { type RefObject, useEffect, useLayoutEffect } from "react";

/** While it is not null, `floating` stands at `anchor`. It must have `popover="manual"`. */
export function useFloating(floating: RefObject<HTMLElement | null>, anchor: ReferenceElement | null, placement: Placement): void {
  useLayoutEffect(() => {
    const element = floating.current;
    if (element === null || anchor === null) {
      return;
    }
    // It takes the focus at once, and is seen where it belongs.
    see(element, false);
    element.showPopover();
    let leave: (() => void) | null = null;
    let isOver = false;
    void import("./placing").then(({ keepPlaced }) => {
      if (!isOver) {
        leave = keepPlaced(element, anchor, placement, () => { see(element, true); });
      }
    });
    return () => {
      isOver = true;
      leave?.();
    };
  }, [floating, anchor, placement]);
}

function see(element: HTMLElement, isSeen: boolean): void {
  element.style.opacity = isSeen ? "" : "0";
}

/** Calls `onDismiss` when Escape is pressed, or anything that is neither in `floating` nor in `owner`. */
export function useDismissed(floating: RefObject<Element | null>, owner: Element | null, onDismiss: () => void): void {
  useEffect(() => {
    const press = (event: PointerEvent) => {
      if (![floating.current, owner].some((inside) => inside?.contains(event.target as Node) === true)) {
        onDismiss();
      }
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        // What it stands in, such as a dialog, stays open.
        event.preventDefault();
        event.stopPropagation();
        onDismiss();
      }
    };
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("keydown", key, true);
    };
  });
}
