/** What is said at the edge of the page for some seconds: that something was done, and the way to undo it. */

import { createContext, use, useSyncExternalStore } from "react";

export interface Toast {
  readonly id: number;
  readonly text: string;
  /** The way back, if there is one. */
  readonly undo: (() => void) | null;
}

const SHOWN_MS = 5_000;
/** Who is to decide something needs longer. */
const UNDOABLE_MS = 9_000;
const MAX_SHOWN = 3;

/** The toasts of a page. They wait while one points at them or has the keyboard in them. */
export class ToastRack {
  private toasts: readonly Toast[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private lastId = 0;

  readonly get = (): readonly Toast[] => this.toasts;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Says something; what was said first makes room. */
  readonly show = (text: string, undo: (() => void) | null = null): void => {
    this.lastId += 1;
    const toast = { id: this.lastId, text, undo };
    for (const { id } of this.toasts.slice(0, Math.max(0, this.toasts.length + 1 - MAX_SHOWN))) {
      this.close(id);
    }
    this.set([...this.toasts, toast]);
    this.start(toast);
  };

  readonly close = (id: number): void => {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.set(this.toasts.filter((toast) => toast.id !== id));
  };

  readonly hold = (): void => {
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
  };

  readonly release = (): void => {
    this.hold();
    this.toasts.forEach((toast) => { this.start(toast); });
  };

  private start({ id, undo }: Toast): void {
    this.timers.set(id, setTimeout(() => { this.close(id); }, undo === null ? SHOWN_MS : UNDOABLE_MS));
  }

  private set(toasts: readonly Toast[]): void {
    this.toasts = toasts;
    this.listeners.forEach((listener) => { listener(); });
  }
}

const RackContext = createContext(new ToastRack());

export const ToastProvider = RackContext;

/** Says something: `toast("Archived", undo)`. */
export function useToast(): ToastRack["show"] {
  return use(RackContext).show;
}

export function useToasts(): readonly [readonly Toast[], ToastRack] {
  const rack = use(RackContext);
  return [useSyncExternalStore(rack.subscribe, rack.get), rack];
}
