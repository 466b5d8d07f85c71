/** What the user has looked for lately in this browser: no server is told, and with the session it goes. */

import type { UserId } from "../core/types";

const KEY = "elastic-chat.searches";
const MOST = 8;

interface Kept {
  readonly userId: UserId;
  /** The newest first. */
  readonly queries: readonly string[];
}

export function recentSearches(userId: UserId): readonly string[] {
  const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | null;
  return kept?.userId === userId ? kept.queries : [];
}

export function rememberSearch(userId: UserId, query: string): void {
  const said = query.trim();
  const queries = [said, ...recentSearches(userId).filter((one) => one !== said)].slice(0, MOST);
  localStorage.setItem(KEY, JSON.stringify({ userId, queries } satisfies Kept));
}

export function forgetSearches(): void {
  localStorage.removeItem(KEY);
}
