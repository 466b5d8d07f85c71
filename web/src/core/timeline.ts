/** Turns a log and what is on its way into the rows of the screen: days, system lines, and messages in groups. */

import { changesByTarget, folded } from "./fold";
import type { OutboxItem } from "./outbox";
import type { Entry, FileRef, Reaction, UserId, Watermark } from "./types";

export type MessageStatus = "sending" | "failed" | "sent" | "delivered" | "seen";

export interface MessageRow {
  readonly type: "message";
  /** The message's id, so that a row stays the same when its entry arrives. */
  readonly key: string;
  /** Null for what is still on its way. */
  readonly seq: number | null;
  readonly senderId: UserId;
  readonly isOwn: boolean;
  readonly text: string;
  readonly files?: readonly FileRef[];
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly reactions: readonly Reaction[];
  readonly at: number;
  /** Null for what others sent. */
  readonly status: MessageStatus | null;
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
  const changes = changesByTarget(input.entries);
  for (const item of [...input.entries.map((entry) => entryRow(entry, changes, input)), ...input.pending.map((pending) => pendingRow(pending, input.me))]) {
    if (item === null) {
      continue;
    }
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

function entryRow(entry: Entry, changes: ReadonlyMap<number, readonly Entry[]>, { me, peer, hidden }: TimelineInput): Placed | null {
  const { content, seq, acceptedAt: at } = entry;
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
      if (content.state?.isHidden === true || hidden?.has(seq) === true) {
        return null;
      }
      const isOwn = entry.senderId === me;
      const status = isOwn ? statusOf(seq, peer) : null;
      const { isEdited, isDeleted, reactions, ...shown } = folded(content, changes.get(seq) ?? [], me);
      const row = { ...messageRow(entry.messageId, entry.senderId, isOwn, shown, at, status, null), seq, isEdited, isDeleted, reactions };
      return { row, at, seq };
    }
  }
}

function pendingRow(item: OutboxItem, me: UserId | null): Placed | null {
  if (me === null) {
    return null;
  }
  const { delivery } = item;
  const status = delivery.state === "failed" ? "failed" : delivery.state === "accepted" ? "sent" : "sending";
  const failure = delivery.state === "failed" ? delivery.reason : null;
  return { row: messageRow(item.messageId, me, true, item, item.createdAt, status, failure), at: item.createdAt, seq: Infinity };
}

function messageRow(
  key: string,
  senderId: UserId,
  isOwn: boolean,
  { text, files }: { readonly text: string; readonly files?: readonly FileRef[] },
  at: number,
  status: MessageStatus | null,
  failure: string | null,
): MessageRow {
  const attached = files === undefined ? {} : { files };
  const unchanged = { isEdited: false, isDeleted: false, reactions: [] };
  return { type: "message", key, seq: null, senderId, isOwn, text, ...attached, ...unchanged, at, status, failure, startsGroup: true, endsGroup: true };
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
