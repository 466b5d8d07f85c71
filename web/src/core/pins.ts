/** What is pinned in a conversation. */

import type { Entry } from "./types";

/** The newest entry that may have changed what is pinned; 0 if there is none. */
export function pinsAsOf(entries: readonly Entry[]): number {
  return entries.findLast(({ content }) => content.kind === "change" && (content.change.type === "pin" || content.change.type === "deletion"))?.seq ?? 0;
}
