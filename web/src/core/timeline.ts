/** Turns a log and what is on its way into the rows of the screen: days, system lines, and messages in groups. */

import { AS_SENT, changesByTarget, folded, type Shown } from "./fold";
import type { OutboxItem } from "./outbox";
import type { Stream, Streams } from "./stream";
import type { Entry, Said, UserId, Watermark } from "./types";

export type MessageStatus = "sending" | "failed" | "sent" | "delivered" | "seen";

/** What a message answers. */
export interface Quote {
  readonly seq: number;
  /** Null if that message is not loaded. */
  readonly of: { readonly senderId: UserId; readonly said: Said; readonly isDeleted: boolean } | null;
  /** Whether it is the message that started a thread. */
  readonly isThread: boolean;
}

export interface MessageRow {
  readonly type: "message";
  /** The message's id, so that a row stays the same when its entry arrives. */
  readonly key: string;
  /** Null for what has no entry yet. */
  readonly seq: number | null;
  readonly senderId: UserId;
  readonly isOwn: boolean;
  readonly shown: Shown;
  /** Null for what answers nothing. */
  readonly quote: Quote | null;
  readonly at: number;
  /** Null for what others sent. */
  readonly status: MessageStatus | null;
  /** Whether others are still making it. */
  readonly isGrowing: boolean;
  /** Why it failed, if it did. */
  readonly failure: string | null;
  readonly startsGroup: boolean;
  readonly endsGroup: boolean;
}

export type Row =
  | { readonly type: "day"; readonly key: string; readonly at: number }
  | { readonly type: "new"; readonly key: string }
  | { readonly type: "system"; readonly key: string; readonly entry: Entry }
  | MessageRow;

export interface TimelineInput {
  readonly entries: readonly Entry[];
  readonly pending: readonly OutboxItem[];
  readonly streams: Streams;
  readonly me: UserId | null;
  /** How far the other member of a direct conversation has got; null for a group. */
  readonly peer: Watermark | null;
  /** Where the line "new" stands; null for nowhere. */
  readonly newAfterSeq: number | null;
  /** What the user has hidden, beside what the server says is. */
  readonly hidden?: ReadonlySet<number>;
}

const GROUP_MS = 5 * 60_000;

export function timeline(input: TimelineInput): readonly Row[] {
  return timelines()(input);
}

/**
 * A timeline that remembers what it made of each entry. So of a long log only what has changed is folded and drawn anew, and the row of
 * everything else is the same object as before.
 */
export function timelines(): (input: TimelineInput) => readonly Row[] {
  const made: Made = new WeakMap();
  const groups: Groups = new WeakMap();
  return (input) => rowsOf(input, made, groups);
}

/** What was made of an entry, and of what. */
interface Folded {
  readonly me: UserId | null;
  readonly count: number;
  readonly newest: Entry | undefined;
  readonly shown: Shown;
  row: MessageRow | null;
}

type Made = WeakMap<Entry, Folded>;

/** Rows as they are in their groups, by what they are alone. */
type Groups = WeakMap<MessageRow, MessageRow>;

function rowsOf(input: TimelineInput, made: Made, groups: Groups): readonly Row[] {
  const rows: Row[] = [];
  let day = "";
  let isNewMarked = input.newAfterSeq === null;
  const dayOf = days();
  for (const item of placed(input, made)) {
    const { row, at, seq } = item;
    const itsDay = dayOf(at);
    if (itsDay !== day) {
      day = itsDay;
      rows.push({ type: "day", key: `day-${day}-${row.key}`, at });
    }
    if (!isNewMarked && seq > (input.newAfterSeq ?? 0) && row.type === "message" && !row.isOwn) {
      rows.push({ type: "new", key: "new" });
      isNewMarked = true;
    }
    rows.push(row);
  }
  return rows.map((row, index) => (row.type === "message" ? grouped(row, rows[index - 1], rows[index + 1], groups) : row));
}

interface Placed {
  readonly row: Row;
  readonly at: number;
  readonly seq: number;
}

function placed(input: TimelineInput, made: Made): readonly Placed[] {
  const { entries, pending, streams, me } = input;
  const messages = shownMessages(input, made);
  return [
    ...entries.map((entry) => entryRow(entry, messages, input, made)),
    ...streams.map(streamRow),
    ...(me === null ? [] : pending.map((item) => pendingRow(item, me, messages))),
  ].filter((item) => item !== null);
}

type Messages = ReadonlyMap<number, { readonly senderId: UserId; readonly shown: Shown }>;

/** The messages as they are, by their seqs, but for those that the user has hidden. */
function shownMessages({ entries, me, hidden }: TimelineInput, made: Made): Messages {
  const changes = changesByTarget(entries);
  const messages = new Map<number, { readonly senderId: UserId; readonly shown: Shown }>();
  for (const entry of entries) {
    const { seq, senderId, content } = entry;
    if (content.kind === "message" && content.state?.isHidden !== true && hidden?.has(seq) !== true) {
      messages.set(seq, { senderId, shown: foldedOnce(entry, content, changes.get(seq) ?? NONE, me, made) });
    }
  }
  return messages;
}

const NONE: readonly Entry[] = [];

/** The changes of a message only grow, at their end: how many there are and the newest of them tell whether they are the same. */
function foldedOnce(entry: Entry, content: Extract<Entry["content"], { kind: "message" }>, changes: readonly Entry[], me: UserId | null, made: Made): Shown {
  const before = made.get(entry);
  const newest = changes.at(-1);
  if (before?.me === me && before.count === changes.length && before.newest === newest) {
    return before.shown;
  }
  const shown = folded(content, changes, me);
  made.set(entry, { me, count: changes.length, newest, shown, row: null });
  return shown;
}

function entryRow(entry: Entry, messages: Messages, { me, peer }: TimelineInput, made: Made): Placed | null {
  const { content, seq, senderId, acceptedAt: at } = entry;
  switch (content.kind) {
    case "change":
    case "personal":
    case "unknown":
      return null;
    case "created":
    case "membership":
    case "settings":
      return { row: { type: "system", key: entry.messageId || `seq-${seq}`, entry }, at, seq };
    case "message": {
      const shown = messages.get(seq)?.shown;
      if (shown === undefined) {
        return null;
      }
      const isOwn = senderId === me;
      const status = isOwn ? statusOf(seq, peer) : null;
      const known = made.get(entry);
      const quote = quoteIn(shown, messages);
      if (known !== undefined && known.row !== null && known.row.status === status && isSameQuote(known.row.quote, quote)) {
        return { row: known.row, at, seq };
      }
      const row: MessageRow = { ...message(entry.messageId, senderId, shown, at), seq, isOwn, quote, status };
      if (known !== undefined) {
        known.row = row;
      }
      return { row, at, seq };
    }
  }
}

/** A message of a thread shows what it answers there; only if it answers nothing, what the thread is about. */
function quoteIn({ replyTo, thread }: Said, messages: Messages): Quote | null {
  const seq = replyTo ?? thread;
  if (seq === undefined) {
    return null;
  }
  const found = messages.get(seq);
  const of = found === undefined ? null : { senderId: found.senderId, said: found.shown, isDeleted: found.shown.isDeleted };
  return { seq, of, isThread: replyTo === undefined };
}

function isSameQuote(a: Quote | null, b: Quote | null): boolean {
  return a === b || (a !== null && b !== null && a.seq === b.seq && a.isThread === b.isThread && a.of?.said === b.of?.said);
}

function streamRow({ messageId, senderId, text, begunAt }: Stream): Placed {
  return { row: { ...message(messageId, senderId, sent({ text }), begunAt), isGrowing: true }, at: begunAt, seq: Infinity };
}

function pendingRow({ messageId, said, delivery, createdAt }: OutboxItem, me: UserId, messages: Messages): Placed {
  const status = delivery.state === "failed" ? "failed" : delivery.state === "accepted" ? "sent" : "sending";
  const failure = delivery.state === "failed" ? delivery.reason : null;
  return { row: { ...message(messageId, me, sent(said), createdAt), isOwn: true, quote: quoteIn(said, messages), status, failure }, at: createdAt, seq: Infinity };
}

/** A message as it was sent. */
function sent(said: Said): Shown {
  return { ...AS_SENT, ...said, isVague: false };
}

/** A message of somebody else. */
function message(key: string, senderId: UserId, shown: Shown, at: number): MessageRow {
  return {
    type: "message",
    key,
    seq: null,
    senderId,
    isOwn: false,
    shown,
    quote: null,
    at,
    status: null,
    isGrowing: false,
    failure: null,
    startsGroup: true,
    endsGroup: true,
  };
}

function statusOf(seq: number, peer: Watermark | null): MessageStatus {
  if (peer === null) {
    return "sent";
  }
  return seq <= peer.readSeq ? "seen" : seq <= peer.deliveredSeq ? "delivered" : "sent";
}

function grouped(row: MessageRow, before: Row | undefined, after: Row | undefined, groups: Groups): MessageRow {
  const startsGroup = !belongTogether(before, row);
  const endsGroup = !belongTogether(row, after);
  const known = groups.get(row);
  if (known?.startsGroup === startsGroup && known.endsGroup === endsGroup) {
    return known;
  }
  const found = { ...row, startsGroup, endsGroup };
  groups.set(row, found);
  return found;
}

function belongTogether(a: Row | undefined, b: Row | undefined): boolean {
  return a?.type === "message" && b?.type === "message" && a.senderId === b.senderId && b.at - a.at < GROUP_MS;
}

/** Tells the local calendar day of times that mostly rise: the calendar is asked once for each day. */
function days(): (at: number) => string {
  let day = "";
  let from = 0;
  let to = 0;
  return (at) => {
    if (at < from || at >= to) {
      const date = new Date(at);
      const [year, month, number] = [date.getFullYear(), date.getMonth(), date.getDate()];
      from = new Date(year, month, number).getTime();
      to = new Date(year, month, number + 1).getTime();
      day = `${year}-${month + 1}-${number}`;
    }
    return day;
  };
}
