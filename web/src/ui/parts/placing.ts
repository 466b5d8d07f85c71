/** Where something floats. It is fetched when something opens for the first time: nothing does before one presses something. */

import { autoUpdate, computePosition, flip, offset, type Placement, type ReferenceElement, shift, size } from "@floating-ui/dom";

const GAP_PX = 6;
const MARGIN_PX = 8;

/** Keeps `element` at `anchor`, whatever scrolls, until what this returns is called. Calls `onPlaced` when it stands there. */
export function keepPlaced(element: HTMLElement, anchor: ReferenceElement, placement: Placement, onPlaced: () => void): () => void {
  return autoUpdate(anchor, element, () => {
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
      onPlaced();
    });
  });
}
