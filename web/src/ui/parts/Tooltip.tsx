import { useEffect, useRef, useState } from "react";

import { useFloating } from "./floating";

const AFTER_MS = 500;

interface Tip {
  readonly of: HTMLElement;
  readonly text: string;
}

/**
 * Shows the `data-tip` of what is pointed at or has the keyboard: one for the whole page. It is for eyes only: what it says must be the
 * label of that element, too. It stays while one points at it, and Esc closes it.
 */
export function Tooltips() {
  const [tip, setTip] = useState<Tip | null>(null);
  const bubble = useRef<HTMLDivElement>(null);
  useFloating(bubble, tip?.of ?? null, "bottom");

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (target: EventTarget | null, afterMs: number) => {
      clearTimeout(timer);
      if (target instanceof Node && bubble.current?.contains(target) === true) {
        return;
      }
      const of = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
      const text = of?.dataset["tip"] ?? "";
      if (of === null || text === "") {
        setTip(null);
      } else {
        timer = setTimeout(() => { setTip({ of, text }); }, afterMs);
      }
    };
    const point = (event: PointerEvent) => {
      if (event.pointerType !== "touch") {
        show(event.target, AFTER_MS);
      }
    };
    const focus = (event: FocusEvent) => {
      if (event.target instanceof Element && event.target.matches(":focus-visible")) {
        show(event.target, 0);
      }
    };
    const hide = () => {
      clearTimeout(timer);
      setTip(null);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        hide();
      }
    };
    document.addEventListener("pointerover", point);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", key);
    document.addEventListener("scroll", hide, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", point);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("keydown", key);
      document.removeEventListener("scroll", hide, true);
    };
  }, []);

  return tip === null ? null : (
    <div ref={bubble} className="tooltip" popover="manual" role="tooltip" aria-hidden="true" key={tip.text}>
      {tip.text}
    </div>
  );
}
