/** Turns a log and what is on its way into the rows of the screen: days, system lines, and messages in groups. */

import { AS_SENT, changesByTarget, folded, type Shown } from "./fold";
import type { OutboxItem } from "./outbox";
import type { Stream, Streams } from "./stream";
import type { Entry, Said, UserId, Watermark } from "./types";

export type MessageStatus = "sending" | "failed" | "sent" | "delivered" | "seen";

/** What a message answers. */
export interface Quote {
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
  const rows: Row[] = [];
  let day = "";
  let isNewMarked = input.newAfterSeq === null;
  for (const item of placed(input)) {
    const { row, at, seq } = item;
    if (dayKey(at) !== day) {
      day = dayKey(at);
      rows.push({ type: "day", key: `day-${day}-${row.key}`, at });
    }
    if (!isNewMarked && seq > (input.newAfterSeq ?? 0) && row.type === "message" && !row.isOwn) {
      rows.push({ type: "new", key: "new" });
      isNewMarked = true;
    }
    rows.push(row);
  }
  return rows.map((row, index) => (row.type === "message" ? grouped(row, rows[index - 1], rows[index + 1]) : row));
}

interface Placed {
  readonly row: Row;
  readonly at: number;
  readonly seq: number;
}

function placed(input: TimelineInput): readonly Placed[] {
  const { entries, pending, streams, me } = input;
  const messages = shownMessages(input);
  return [
    ...entries.map((entry) => entryRow(entry, messages, input)),
    ...streams.map(streamRow),
    ...(me === null ? [] : pending.map((item) => pendingRow(item, me, messages))),
  ].filter((item) => item !== null);
}

type Messages = ReadonlyMap<number, { readonly senderId: UserId; readonly shown: Shown }>;

/** The messages as they are, by their seqs, but for those that the user has hidden. */
function shownMessages({ entries, me, hidden }: TimelineInput): Messages {
  const changes = changesByTarget(entries);
  return new Map(
    entries.flatMap(({ seq, senderId, content }) =>
      content.kind === "message" && content.state?.isHidden !== true && hidden?.has(seq) !== true
        ? [[seq, { senderId, shown: folded(content, changes.get(seq) ?? [], me) }] as const]
        : [],
    ),
  );
}

function entryRow(entry: Entry, messages: Messages, { me, peer }: TimelineInput): Placed | null {
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
      const row: MessageRow = {
        ...message(entry.messageId, senderId, shown, at),
        seq,
        isOwn,
        quote: quoteIn(shown, messages),
        status: isOwn ? statusOf(seq, peer) : null,
      };
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
  return { of, isThread: replyTo === undefined };
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

function grouped(row: MessageRow, before: Row | undefined, after: Row | undefined): MessageRow {
  return { ...row, startsGroup: !belongTogether(before, row), endsGroup: !belongTogether(row, after) };
}

function belongTogether(a: Row | undefined, b: Row | undefined): boolean {
  return a?.type === "message" && b?.type === "message" && a.senderId === b.senderId && b.at - a.at < GROUP_MS;
}

/** The local calendar day. */
function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
