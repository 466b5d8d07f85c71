/** Several messages that the user has chosen, to do the same with all of them. */

import { actionsOf, type MessageAction, type Powers } from "./actions";
import type { MessageRow, Row } from "./timeline";
import type { UserId } from "./types";

export interface Selection {
  readonly seqs: ReadonlySet<number>;
  /** Where a range begins: what was chosen last. */
  readonly anchor: number;
}

/** A message that can be chosen. */
export type Chosen = MessageRow & { readonly seq: number };

/** So many at once: each takes a call. */
export const MOST = 100;

/** What can be done with many, in the order of the buttons. */
const TOGETHER = ["copy", "forward", "star", "hide", "delete"] as const satisfies readonly MessageAction[];

export type TogetherAction = (typeof TOGETHER)[number];

export function begun(seq: number): Selection {
  return { seqs: new Set([seq]), anchor: seq };
}

/** Chooses a message, or no more. There is room for `MOST`. */
export function toggled({ seqs, anchor }: Selection, seq: number): Selection {
  const next = new Set(seqs);
  if (!next.delete(seq) && next.size < MOST) {
    next.add(seq);
  }
  return next.size === seqs.size ? { seqs, anchor } : { seqs: next, anchor: seq };
}

/** Chooses everything of `rows` from what was chosen last up to a message. */
export function extended({ seqs, anchor }: Selection, rows: readonly Chosen[], seq: number): Selection {
  const [from, to] = anchor < seq ? [anchor, seq] : [seq, anchor];
  const between = rows.map((row) => row.seq).filter((one) => one >= from && one <= to);
  // What is nearest to where the range begins has room before the rest.
  const nearest = anchor < seq ? between : between.reverse();
  return { seqs: new Set([...new Set([...seqs, ...nearest])].slice(0, MOST)), anchor: seq };
}

export function without(selection: Selection, seq: number): Selection {
  return { ...selection, seqs: new Set([...selection.seqs].filter((one) => one !== seq)) };
}

/** The messages of rows that can be chosen. */
export function selectable(rows: readonly Row[], powers: Powers): readonly Chosen[] {
  return rows.filter((row): row is Chosen => row.type === "message" && row.seq !== null && actionsOf(row, powers).includes("select"));
}

/** Those that are chosen, in their order. What has gone meanwhile is not among them. */
export function chosenOf(selection: Selection, rows: readonly Chosen[]): readonly Chosen[] {
  return rows.filter(({ seq }) => selection.seqs.has(seq));
}

/** What can be done with each of them. */
export function togetherOf(chosen: readonly Chosen[], powers: Powers): readonly TogetherAction[] {
  return chosen.length === 0 ? [] : TOGETHER.filter((action) => chosen.every((row) => actionsOf(row, powers).includes(action)));
}

/** What is copied: who said what and when, one after the other; of a single message what it says alone. */
export function copiedText(chosen: readonly Chosen[], nameOf: (userId: UserId) => string, moment: (at: number) => string): string {
  const [only, ...more] = chosen;
  return only !== undefined && more.length === 0
    ? only.shown.text
    : chosen.map(({ senderId, at, shown }) => `${nameOf(senderId)}, ${moment(at)}\n${shown.text}`).join("\n\n");
}
