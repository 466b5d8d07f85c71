/** How the page looks, as the user chose it in this browser. public/appearance.js puts it in place before anything is drawn. */

import { useSyncExternalStore } from "react";

/** `system` follows what the device is set to. */
export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";
/** Of everything that is written, and what stands around it. */
export type TextSize = "small" | "usual" | "large" | "largest";
/** `system` moves unless the device is set to move less. */
export type Motion = "system" | "reduced";

export interface Appearance {
  readonly theme: Theme;
  readonly density: Density;
  readonly text: TextSize;
  readonly motion: Motion;
}

const KEY = "elastic-chat.appearance";
const USUAL: Appearance = { theme: "system", density: "comfortable", text: "usual", motion: "system" };

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
  const { dataset } = document.documentElement;
  for (const [name, value] of Object.entries(appearance()) as [keyof Appearance, string][]) {
    put(dataset, name, value, USUAL[name]);
  }
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
    const { theme, density, text, motion } = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Record<keyof Appearance, unknown>>;
    return {
      theme: theme === "light" || theme === "dark" ? theme : USUAL.theme,
      density: density === "compact" ? density : USUAL.density,
      text: text === "small" || text === "large" || text === "largest" ? text : USUAL.text,
      motion: motion === "reduced" ? motion : USUAL.motion,
    };
  } catch {
    return USUAL;
  }
}
