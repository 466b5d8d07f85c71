/**
 * What stands beside the conversation: one thing at a time. It is a step in the history of the browser, so that Back closes it, which on a
 * phone is what everyone presses; and it is there again after a reload.
 */

import { createContext, use, useSyncExternalStore } from "react";

import type { ConversationId } from "../core/types";

export type PanelKind = "about" | "members" | "thread" | "pins" | "info";

export interface Panel {
  readonly kind: PanelKind;
  /** The message that it is about, if it is about one. */
  readonly seq?: number;
}

/** A panel of a conversation: with another one open it is not shown. */
export interface Shown extends Panel {
  readonly conversationId: ConversationId;
}

export class PanelHistory {
  private shown: Shown | null = shownNow();
  private readonly listeners = new Set<() => void>();

  readonly get = (): Shown | null => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Shows it in the place of what is there. */
  readonly open = (conversationId: ConversationId, panel: Panel): void => {
    const state = { panel: { ...panel, conversationId } };
    if (shownNow() === null) {
      history.pushState(state, "");
    } else {
      history.replaceState(state, "");
    }
    this.follow();
  };

  /** Goes back to before it was opened; the browser says so by `popstate`. */
  readonly close = (): void => {
    if (shownNow() !== null) {
      history.back();
    }
  };

  /** The browser is at another step of its history. */
  readonly follow = (): void => {
    this.shown = shownNow();
    this.listeners.forEach((listener) => { listener(); });
  };
}

/** What the step of the history has at which the browser is. */
function shownNow(): Shown | null {
  const state: unknown = typeof history === "undefined" ? null : history.state;
  return typeof state === "object" && state !== null && "panel" in state ? (state.panel as Shown) : null;
}

const PanelsContext = createContext(new PanelHistory());

export const PanelsProvider = PanelsContext;

/** For opening and closing: that draws nothing anew. */
export function usePanels(): PanelHistory {
  return use(PanelsContext);
}

/** What is to be shown beside a conversation; null if nothing is. */
export function usePanelOf(conversationId: ConversationId | null): Shown | null {
  const { subscribe, get } = use(PanelsContext);
  const shown = useSyncExternalStore(subscribe, get);
  return shown?.conversationId === conversationId ? shown : null;
}

/** As panel.css has it: there the panel lies on the conversation, so that what it leads to can be seen only without it. */
const NARROW = "(max-width: 1100px)";

/** Closes it if it covers the conversation: for who has chosen something in it that is shown there. */
export function useUncover(): () => void {
  const { close } = usePanels();
  return () => {
    if (matchMedia(NARROW).matches) {
      close();
    }
  };
}
