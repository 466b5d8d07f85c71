/** What disappears: at its time an entry is nothing but its place in the log. */

import type { Log } from "./log";
import type { Entry } from "./types";

/** The log as it is to be seen at a time, in Unix milliseconds; the same one if nothing has expired. */
export function expired(log: Log, now: number): Log {
  if (nextExpiry(log) > now) {
    return log;
  }
  const blanked = (entry: Entry) => blankedAt(entry, now);
  return { ...log, entries: log.entries.map(blanked), ahead: log.ahead.map(blanked) };
}

/** When the next entry of a log disappears, in Unix milliseconds. */
export function nextExpiry(log: Log): number {
  return [...log.entries, ...log.ahead].reduce((soonest, { expiresAt }) => Math.min(soonest, expiresAt ?? Infinity), Infinity);
}

/** An entry whose time has come has none any more: what is left of it stays. */
function blankedAt(entry: Entry, now: number): Entry {
  if (entry.expiresAt === undefined || entry.expiresAt > now) {
    return entry;
  }
  const { conversationId, seq, messageId, senderId, acceptedAt } = entry;
  return { conversationId, seq, messageId, senderId, acceptedAt, content: { kind: "unknown" } };
}
