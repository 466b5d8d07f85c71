/** A thread: the message that started it, and those that are in it. */

import type { Entry } from "./types";

/** What is known of a thread, by rising seq: what was fetched of it, what the log has, and what has become of all that since. */
export function threadOf(root: number, fetched: readonly Entry[], log: readonly Entry[]): readonly Entry[] {
  const messages = new Map<number, Entry>();
  for (const entry of [...fetched, ...log]) {
    if (!messages.has(entry.seq) && isIn(root, entry)) {
      messages.set(entry.seq, entry);
    }
  }
  const changes = log.filter(({ content }) => content.kind === "change" && messages.has(content.target));
  return [...messages.values(), ...changes].sort((a, b) => a.seq - b.seq);
}

function isIn(root: number, { seq, content }: Entry): boolean {
  return content.kind === "message" && (seq === root || content.said.thread === root);
}
