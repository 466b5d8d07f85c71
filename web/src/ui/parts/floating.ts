/** Puts what opens beside what it belongs to, above everything else: in the browser's top layer, where nothing cuts it off. */

import { autoUpdate, computePosition, flip, offset, type Placement, type ReferenceElement, shift, size } from "@floating-ui/dom";
import { type RefObject, useEffect, useLayoutEffect } from "react";

const GAP_PX = 6;
const MARGIN_PX = 8;

/** While it is not null, `floating` stands at `anchor`. It must have `popover="manual"`. */
export function useFloating(floating: RefObject<HTMLElement | null>, anchor: ReferenceElement | null, placement: Placement): void {
  useLayoutEffect(() => {
    const element = floating.current;
    if (element === null || anchor === null) {
      return;
    }
    element.showPopover();
    const place = () => {
      void computePosition(anchor, element, {
        strategy: "fixed",
        placement,
        middleware: [
          offset(GAP_PX),
          flip({ padding: MARGIN_PX, fallbackAxisSideDirection: "start" }),
          shift({ padding: MARGIN_PX }),
          size({
            padding: MARGIN_PX,
            apply: ({ availableHeight }) => { element.style.maxBlockSize = `${Math.max(availableHeight, 0)}px`; },
          }),
        ],
      }).then(({ x, y }) => {
        element.style.left = `${Math.round(x)}px`;
        element.style.top = `${Math.round(y)}px`;
      });
    };
    return autoUpdate(anchor, element, place);
  }, [floating, anchor, placement]);
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
