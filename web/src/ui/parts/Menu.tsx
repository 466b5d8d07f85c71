import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";

import { Icon, type IconName } from "../Icon";
import { useDismissed, useFloating } from "./floating";
import { stepped, useFocusGivenBack } from "./focus";
import { Opener } from "./Opener";

interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly testId: string;
  /** The same menu opens by a right click or a long press in here. */
  readonly area?: RefObject<HTMLElement | null>;
  readonly children: ReactNode;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Letters that are typed within this time of each other are one word. */
const TYPING_MS = 600;
const LONG_PRESS_MS = 500;
/** A finger that moves further than this scrolls. */
const STEADY_PX = 10;

/** A button that opens a menu: by a press, Enter, Space and the arrow keys. Choosing something closes it, as Esc, Tab and a press elsewhere do. */
export function Menu({ label, icon = "more", testId, area, children }: MenuProps) {
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const [opened, setOpened] = useState<{ readonly at: Point | null; readonly isLast: boolean } | null>(null);
  const id = useId();
  const close = () => { setOpened(null); };
  useContextMenu(area, (at) => { setOpened({ at, isLast: false }); });

  return (
    <span className="menu" data-open={opened !== null}>
      <Opener
        ref={setButton}
        label={label}
        icon={icon}
        size={18}
        opens="menu"
        id={id}
        isOpen={opened !== null}
        testId={testId}
        onClick={() => { setOpened(opened === null ? { at: null, isLast: false } : null); }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            event.stopPropagation();
            setOpened({ at: null, isLast: event.key === "ArrowUp" });
          }
        }}
      />
      {opened !== null && (
        <MenuItems id={id} label={label} at={opened.at} isLast={opened.isLast} button={button} onClose={close}>
          {children}
        </MenuItems>
      )}
    </span>
  );
}

interface MenuItemsProps {
  readonly id: string;
  readonly label: string;
  /** Where it was asked for; null for at the button. */
  readonly at: Point | null;
  readonly isLast: boolean;
  readonly button: HTMLButtonElement | null;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function MenuItems({ id, label, at, isLast, button, onClose, children }: MenuItemsProps) {
  const menu = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const anchor = useMemo(() => (at === null ? button : pointAnchor(at)), [at, button]);
  useFocusGivenBack(menu, true);
  useFloating(menu, anchor, at === null ? "bottom-end" : "bottom-start");
  useDismissed(menu, button, onClose);

  useLayoutEffect(() => { itemsOf(menu.current).at(isLast ? -1 : 0)?.focus(); }, [isLast]);

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(menu.current);
    const here = items.indexOf(document.activeElement as HTMLElement);
    const next = stepped(event, "vertical", here, items.length) ?? (isLetter(event) ? lettered(items, here, typed.current, event) : null);
    // What the menu stands in, such as a list of messages, is not moved by the same keys.
    event.stopPropagation();
    if (event.key === "Tab") {
      onClose();
    } else if (next !== null) {
      event.preventDefault();
      items[next]?.focus();
    }
  };

  return (
    <div
      ref={menu}
      id={id}
      className="menu-items"
      popover="manual"
      role="menu"
      aria-label={label}
      onKeyDown={press}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("[role^=menuitem]") !== null) {
          onClose();
        }
      }}
      onContextMenu={(event) => { event.preventDefault(); }}
    >
      {children}
    </div>
  );
}

interface MenuItemProps {
  readonly onChoose: () => void;
  readonly icon?: IconName;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  /** Of one that is on or off. */
  readonly isChecked?: boolean;
  readonly children: ReactNode;
}

export function MenuItem({ onChoose, icon, isDanger = false, isDisabled = false, isChecked, children }: MenuItemProps) {
  return (
    <button
      className={isDanger ? "menu-item menu-item-danger" : "menu-item"}
      type="button"
      tabIndex={-1}
      disabled={isDisabled}
      {...(isChecked === undefined ? { role: "menuitem" } : { role: "menuitemcheckbox", "aria-checked": isChecked })}
      onClick={onChoose}
      onPointerMove={(event) => { event.currentTarget.focus({ preventScroll: true }); }}
    >
      {icon !== undefined && <Icon name={icon} size={18} />}
      {children}
      {isChecked === true && <span className="menu-item-check"><Icon name="check" size={16} /></span>}
    </button>
  );
}

/** Between what belongs together in a menu. */
export function MenuLine() {
  return <hr className="menu-line" />;
}

/** Asks for a menu by a right click, by the key for it, or by a long press where the browser does not make a right click of that. */
function useContextMenu(area: RefObject<HTMLElement | null> | undefined, onAsk: (at: Point) => void): void {
  /** Whether the finger that is still there has asked. */
  const isAsked = useRef(false);
  useEffect(() => {
    const element = area?.current;
    if (element === undefined || element === null) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    let from: Point = { x: 0, y: 0 };
    const stop = () => { clearTimeout(timer); };
    const ask = (event: MouseEvent) => {
      stop();
      if (!wantsTheBrowsers(event.target, element)) {
        event.preventDefault();
        onAsk({ x: event.clientX, y: event.clientY });
      }
    };
    const down = (event: PointerEvent) => {
      isAsked.current = false;
      if (event.pointerType === "touch" && !wantsTheBrowsers(event.target, element)) {
        from = { x: event.clientX, y: event.clientY };
        timer = setTimeout(() => {
          isAsked.current = true;
          onAsk(from);
        }, LONG_PRESS_MS);
      }
    };
    // The finger that has opened the menu does not open what is under it, too.
    const click = (event: MouseEvent) => {
      if (isAsked.current) {
        isAsked.current = false;
        event.preventDefault();
        event.stopPropagation();
      }
    };
    const move = (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STEADY_PX) {
        stop();
      }
    };
    element.addEventListener("contextmenu", ask);
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", move);
    element.addEventListener("click", click, true);
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
    return () => {
      stop();
      element.removeEventListener("contextmenu", ask);
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("click", click, true);
      element.removeEventListener("pointerup", stop);
      element.removeEventListener("pointercancel", stop);
    };
  });
}

/** Links, pictures, fields and what is selected have a menu of the browser that nothing here could replace; but for a link that is the area itself. */
function wantsTheBrowsers(target: EventTarget | null, area: HTMLElement): boolean {
  if (area instanceof HTMLAnchorElement) {
    return false;
  }
  return (target instanceof Element && target.closest("a, img, input, textarea, [role=menu]") !== null) || getSelection()?.isCollapsed === false;
}

function pointAnchor({ x, y }: Point) {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}

function itemsOf(menu: HTMLElement | null): readonly HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)") ?? [])];
}

function isLetter({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
}

/** The next item that begins with what is being typed; the same letter again goes on to the one after. */
function lettered(items: readonly HTMLElement[], here: number, typed: { text: string; at: number }, { key, timeStamp }: KeyboardEvent): number | null {
  const letter = key.toLocaleLowerCase();
  const before = timeStamp - typed.at < TYPING_MS ? typed.text : "";
  typed.text = before === letter ? letter : before + letter;
  typed.at = timeStamp;
  const from = typed.text.length === 1 ? here + 1 : here;
  const order = items.map((_, index) => (from + index) % items.length);
  return order.find((index) => items[index]?.textContent.trim().toLocaleLowerCase().startsWith(typed.text) === true) ?? null;
}
