/** The keyboard of the user: which one it is, whether signs by themselves are shortcuts here, and what the shortcuts do. */

import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { type Keyboard, type ShortcutId, shortcutOf } from "../core/shortcuts";

const WITHOUT_SIGNS_KEY = "elastic-chat.no-sign-shortcuts";
const listeners = new Set<() => void>();

export function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}

/** Whether signs by themselves are shortcuts: whoever speaks to their computer may not want that. */
export function hasSigns(): boolean {
  return localStorage.getItem(WITHOUT_SIGNS_KEY) === null;
}

export function chooseSigns(isOn: boolean): void {
  if (isOn) {
    localStorage.removeItem(WITHOUT_SIGNS_KEY);
  } else {
    localStorage.setItem(WITHOUT_SIGNS_KEY, "yes");
  }
  listeners.forEach((listener) => { listener(); });
}

export function useSigns(): boolean {
  return useSyncExternalStore(subscribe, hasSigns);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function keyboardOf(target: EventTarget | null): Keyboard {
  const isWriting = target instanceof Element && target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]") !== null;
  return { isApple: isApple(), isWriting, hasSigns: hasSigns() };
}

/** Does what shortcuts ask for that work everywhere, but while a dialog wants an answer. */
export function useShortcuts(acts: Readonly<Partial<Record<ShortcutId, () => void>>>): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]") !== null) {
      return;
    }
    const id = shortcutOf(event, "everywhere", keyboardOf(event.target));
    const act = id === null ? undefined : acts[id];
    if (act !== undefined) {
      event.preventDefault();
      act();
    }
  });
  useEffect(() => {
    window.addEventListener("keydown", press);
    return () => { window.removeEventListener("keydown", press); };
  }, []);
}
