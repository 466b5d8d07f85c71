/** The address of the page names the open conversation: /c/<id>. */

import type { ConversationId } from "../core/types";

export function currentRoute(): ConversationId | null {
  const match = /^\/c\/([0-9a-fA-F-]+)$/.exec(location.pathname);
  return (match?.[1] ?? null) as ConversationId | null;
}

/** Shows a conversation in the address bar, so that "back" and a reload find it. */
export function showRoute(conversationId: ConversationId | null): void {
  const path = conversationId === null ? "/" : `/c/${conversationId}`;
  if (path !== location.pathname) {
    history.pushState(null, "", path);
  }
}
