/**
 * What stands beside the conversation: one thing at a time. It is a step in the history of the browser, so that Back closes it, which on a
 * phone is what everyone presses; and it is there again after a reload.
 */

import { createContext, use, useSyncExternalStore } from "react";

import type { ConversationId } from "../core/types";

export type PanelKind = "about" | "members" | "thread" | "pins" | "info" | "search";

export interface Panel {
  readonly kind: PanelKind;
  /** The message that it is about, if it is about one. */
  readonly seq?: number;
  /** What is looked for, if it is a search. */
  readonly query?: string;
}

/** A panel of a conversation: with another one open it is not shown. Null is that of none, as a search in all of them. */
export interface Shown extends Panel {
  readonly conversationId: ConversationId | null;
}

/** What a step of the browser's history has. */
interface Step {
  readonly panel: Shown;
  /** Whether it stayed when another conversation was opened: then the step before is no way to close it. */
  readonly isCarried?: boolean;
}

/** As panel.css has it: there the panel lies on the conversation, so that what it leads to can be seen only without it. */
const NARROW = "(max-width: 1100px)";

export class PanelHistory {
  private shown: Shown | null = shownNow();
  private readonly listeners = new Set<() => void>();

  readonly get = (): Shown | null => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Shows it in the place of what is there. */
  readonly open = (conversationId: ConversationId | null, panel: Panel): void => {
    const step: Step = { panel: { ...panel, conversationId } };
    const before = stepNow();
    if (before === null) {
      history.pushState(step, "");
    } else {
      history.replaceState({ ...before, ...step }, "");
    }
    this.follow();
  };

  /** Goes back to before it was opened; the browser says so by `popstate`. */
  readonly close = (): void => {
    const step = stepNow();
    if (step?.isCarried === true) {
      history.replaceState(null, "");
      this.follow();
    } else if (step !== null) {
      history.back();
    }
  };

  /** What the step of another conversation begins with: a search in all of them stays beside it, unless it would cover it. */
  readonly carried = (): unknown => {
    const step = stepNow();
    return step?.panel.conversationId === null && !matchMedia(NARROW).matches ? { panel: step.panel, isCarried: true } satisfies Step : null;
  };

  /** The browser is at another step of its history. */
  readonly follow = (): void => {
    this.shown = shownNow();
    this.listeners.forEach((listener) => { listener(); });
  };
}

function shownNow(): Shown | null {
  return stepNow()?.panel ?? null;
}

/** Where the browser is; null if there is no panel. */
function stepNow(): Step | null {
  const state: unknown = typeof history === "undefined" ? null : history.state;
  return typeof state === "object" && state !== null && "panel" in state ? (state as Step) : null;
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
  return shown?.conversationId === null || shown?.conversationId === conversationId ? shown : null;
}

/** Closes it if it covers the conversation: for who has chosen something in it that is shown there. */
export function useUncover(): () => void {
  const { close } = usePanels();
  return () => {
    if (matchMedia(NARROW).matches) {
      close();
    }
  };
}
