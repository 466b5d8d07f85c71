/**
 * The address of the page names the open conversation: /c/<id>, a message in it: /c/<id>/<seq>, or a page beside the conversations:
 * /settings/<section>, /admin/<section>.
 */

import { useSyncExternalStore } from "react";

import { CALLBACK_PATH } from "../core/login";
import { SHARED_HASH } from "../core/shell";
import type { ConversationId } from "../core/types";

export function currentRoute(): ConversationId | null {
  return (PATH.exec(location.pathname)?.[1] ?? null) as ConversationId | null;
}

const PATH = /^\/c\/([0-9a-fA-F-]+)(?:\/(\d{1,15}))?$/;

/** The seq of the message that the page was opened for; it is taken out of the address. Null if there is none. */
export function takeMessage(): number | null {
  const [, conversationId, seq] = PATH.exec(location.pathname) ?? [];
  if (conversationId === undefined || seq === undefined) {
    return null;
  }
  history.replaceState(null, "", `/c/${conversationId}`);
  return Number(seq);
}

/** The address that leads to a message, for those who are in its conversation. */
export function messageAddress(conversationId: ConversationId, seq: number): string {
  return `${location.origin}/c/${conversationId}/${seq}`;
}

/** What stands before the code of an invite in the address: behind a "#", so that no server is told it. */
const JOINING = "#join=";

/** The address that lets in whoever opens it. */
export function addressOf(code: string): string {
  return `${location.origin}/${JOINING}${code}`;
}

/** What stands before a user name in the address. */
const PERSON = "#with=";

/** The address by which somebody can begin a conversation with a user. */
export function addressToMe(username: string): string {
  return `${location.origin}/${PERSON}${encodeURIComponent(username)}`;
}

/** The code of an invite that the page was opened with; it is taken out of the address. */
export const takeInvite = () => takeAfter(JOINING);

/** With whom the page was opened to begin a conversation; it is taken out of the address. */
export function takePerson(): string | null {
  const username = takeAfter(PERSON);
  try {
    return username === null ? null : decodeURIComponent(username);
  } catch {
    return null; // cut off somewhere
  }
}

function takeAfter(sign: string): string | null {
  if (!location.hash.startsWith(sign)) {
    return null;
  }
  const rest = location.hash.slice(sign.length);
  history.replaceState(null, "", location.pathname);
  return rest;
}

/** What a provider of logins has put into the address with which it sent the user back; `back` takes its place. Null if none has. */
export function takeReturn(back: string): string | null {
  if (location.pathname !== CALLBACK_PATH) {
    return null;
  }
  const { search } = location;
  // What begins with two strokes would be another host.
  history.replaceState(null, "", back.startsWith("//") ? "/" : back);
  return search;
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
export function showRoute(conversationId: ConversationId | null, state: unknown = null): void {
  go(pathOf(conversationId), state);
}

export function pathOf(conversationId: ConversationId | null): string {
  return conversationId === null ? "/" : `/c/${conversationId}`;
}

const listeners = new Set<() => void>();

/** Leads to another address of the client. `state` is what the step of the history has there. */
export function go(path: string, state: unknown = null): void {
  if (path !== location.pathname) {
    history.pushState(state, "", path);
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
export function asideOf(path: string): { readonly page: "settings" | "admin"; readonly section: string } | null {
  const [, page, section = ""] = /^\/(settings|admin)(?:\/([a-z]*))?\/?$/.exec(path) ?? [];
  return page === "settings" || page === "admin" ? { page, section } : null;
}

/** What has the focus when a page beside the conversations is left. */
export const WAY_IN = "way-to-settings";
