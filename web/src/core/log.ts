/**
 * The log of one conversation, as far as this client has it.
 *
 * `entries` never has a hole: between the first and the last of them the server has no other. What arrives beyond a hole waits in `ahead`
 * until a page closes it. So whatever the order, the repeats and the losses on the way, the user sees each entry once and in order.
 */

import type { Entry, Page } from "./types";

export interface Log {
  /** By rising seq, without a hole. */
  readonly entries: readonly Entry[];
  /** Entries from this seq on are in `entries`, if they exist; older ones have to be fetched. */
  readonly first: number;
  /** Entries up to this seq are in `entries`, from `first` on. It is the cursor that the client resumes from. */
  readonly tail: number;
  /** Whether there is nothing older than `first`. */
  readonly complete: boolean;
  /** By rising seq: what came before something older did. */
  readonly ahead: readonly Entry[];
}

/** The log of a conversation of which only the newest entry is known. */
export function seeded(headSeq: number, lastEntry: Entry | null): Log {
  const known = lastEntry?.seq === headSeq;
  return {
    entries: known ? [lastEntry] : [],
    first: known ? headSeq : headSeq + 1,
    tail: headSeq,
    complete: headSeq === 0 || (known && lastEntry.content.kind === "created"),
    ahead: [],
  };
}

/** Whether entries are known to be missing before the newest that arrived. */
export function hasHole(log: Log): boolean {
  return log.ahead.length > 0;
}

/** Takes in an entry that came live. */
export function append(log: Log, entry: Entry): Log {
  if (entry.seq <= log.tail) {
    return log;
  }
  return absorb({ ...log, ahead: inserted(log.ahead, entry) });
}

/** Takes in a page of what is newer than `after`. A page that would leave a hole changes nothing. */
export function extend(log: Log, after: number, page: Page): Log {
  const newest = page.entries.at(-1);
  if (after > log.tail || newest === undefined || newest.seq <= log.tail) {
    return log;
  }
  return absorb({
    ...log,
    entries: [...log.entries, ...page.entries.filter((entry) => entry.seq > log.tail)],
    tail: newest.seq,
  });
}

/** Takes in a page of what is older than `before`. A page that would leave a hole changes nothing. */
export function prepend(log: Log, before: number, page: Page): Log {
  if (before < log.first || log.complete) {
    return log;
  }
  const older = page.entries.filter((entry) => entry.seq < log.first);
  return {
    ...log,
    entries: [...older, ...log.entries],
    first: older[0]?.seq ?? log.first,
    complete: !page.hasMore,
  };
}

/** Starts again at the newest page: for when so much was missed that paging through it all would keep the user waiting. */
export function restarted(log: Log, newest: Page): Log {
  const tail = newest.entries.at(-1)?.seq ?? newest.headSeq;
  if (tail <= log.tail) {
    return log;
  }
  return absorb({
    entries: newest.entries,
    first: newest.entries[0]?.seq ?? tail + 1,
    tail,
    complete: !newest.hasMore,
    ahead: log.ahead,
  });
}

/** Puts a message in its place as the server has it by now, unless what is here is as new. */
export function renewed(log: Log, entry: Entry): Log {
  const at = log.entries.findIndex(({ seq }) => seq === entry.seq);
  return at < 0 || asOf(log.entries[at]) >= asOf(entry) ? log : { ...log, entries: log.entries.with(at, entry) };
}

function asOf(entry: Entry | undefined): number {
  return entry?.content.kind === "message" ? (entry.content.state?.asOfSeq ?? 0) : 0;
}

/** Moves what has become consecutive from `ahead` to `entries`. */
function absorb(log: Log): Log {
  const ahead = log.ahead.filter((entry) => entry.seq > log.tail);
  let tail = log.tail;
  let count = 0;
  while (ahead[count]?.seq === tail + 1) {
    tail += 1;
    count += 1;
  }
  return { ...log, entries: [...log.entries, ...ahead.slice(0, count)], tail, ahead: ahead.slice(count) };
}

function inserted(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  const at = entries.findIndex((other) => other.seq >= entry.seq);
  if (at < 0) {
    return [...entries, entry];
  }
  return entries[at]?.seq === entry.seq ? entries : entries.toSpliced(at, 0, entry);
}
