/** The address of the page names the open conversation: /c/<id>, or a page beside the conversations: /settings/<section>. */

import { useSyncExternalStore } from "react";

import { SHARED_HASH } from "../core/shell";
import type { ConversationId } from "../core/types";

export function currentRoute(): ConversationId | null {
  const match = /^\/c\/([0-9a-fA-F-]+)$/.exec(location.pathname);
  return (match?.[1] ?? null) as ConversationId | null;
}

/** What stands before the code of an invite in the address: behind a "#", so that no server is told it. */
const JOINING = "#join=";

/** The address that lets in whoever opens it. */
export function addressOf(code: string): string {
  return `${location.origin}/${JOINING}${code}`;
}

/** The code of an invite that the page was opened with; it is taken out of the address. */
export function takeInvite(): string | null {
  if (!location.hash.startsWith(JOINING)) {
    return null;
  }
  const code = location.hash.slice(JOINING.length);
  history.replaceState(null, "", location.pathname);
  return code;
}

/** Whether the page was opened for something, which stands behind a "#"; it is taken out of the address. */
function takeHash(hash: string): boolean {
  if (location.hash !== hash) {
    return false;
  }
  history.replaceState(null, "", location.pathname);
  return true;
}

/** Whether something was shared with the app, and it is to ask where it goes. */
export const takeSharing = () => takeHash(SHARED_HASH);

/** Whether the page was opened to start a conversation: a shortcut of public/app.webmanifest. */
export const takeStarting = () => takeHash("#new");

/** Shows a conversation in the address bar, so that "back" and a reload find it. */
export function showRoute(conversationId: ConversationId | null): void {
  go(pathOf(conversationId));
}

export function pathOf(conversationId: ConversationId | null): string {
  return conversationId === null ? "/" : `/c/${conversationId}`;
}

const listeners = new Set<() => void>();

/** Leads to another address of the client. */
export function go(path: string): void {
  if (path !== location.pathname) {
    history.pushState(null, "", path);
    listeners.forEach((listener) => { listener(); });
  }
}

/** Where the page is, also after "back". */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** What stands before the conversations, and which part of it; null if they are shown. */
export function asideOf(path: string): { readonly page: "settings"; readonly section: string } | null {
  const match = /^\/settings(?:\/([a-z]*))?\/?$/.exec(path);
  return match === null ? null : { page: "settings", section: match[1] ?? "" };
}

/** What has the focus when a page beside the conversations is left. */
export const WAY_IN = "way-to-settings";
