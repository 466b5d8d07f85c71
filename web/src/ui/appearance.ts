/** How the page looks, as the user chose it in this browser. public/appearance.js puts it in place before anything is drawn. */

import { useSyncExternalStore } from "react";

/** `system` follows what the device is set to. */
export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

export interface Appearance {
  readonly theme: Theme;
  readonly density: Density;
}

const KEY = "elastic-chat.appearance";
const USUAL: Appearance = { theme: "system", density: "comfortable" };

const listeners = new Set<() => void>();
let current: Appearance | null = null;

/** What is chosen. What somebody else has put into the storage counts as nothing. */
export function appearance(): Appearance {
  current ??= read();
  return current;
}

export function choose(changed: Partial<Appearance>): void {
  current = { ...appearance(), ...changed };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
  show();
}

/** Takes over what another tab has chosen. */
export function followAppearance(): void {
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) {
      current = read();
      show();
    }
  });
}

export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, appearance);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(): void {
  const { theme, density } = appearance();
  const { dataset } = document.documentElement;
  put(dataset, "theme", theme, USUAL.theme);
  put(dataset, "density", density, USUAL.density);
  listeners.forEach((listener) => { listener(); });
}

function put(dataset: DOMStringMap, name: string, value: string, usual: string): void {
  if (value === usual) {
    Reflect.deleteProperty(dataset, name);
  } else {
    dataset[name] = value;
  }
}

function read(): Appearance {
  try {
    const { theme, density } = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Record<keyof Appearance, unknown>>;
    return {
      theme: theme === "light" || theme === "dark" ? theme : USUAL.theme,
      density: density === "compact" ? density : USUAL.density,
    };
  } catch {
    return USUAL;
  }
}
