/** What concerns only the user: how they have a conversation, and what they have hidden of it. Of each the entry with the highest seq counts. */

import type { Mine } from "./types";

export const USUAL: Mine = { mutedUntil: 0, isArchived: false, pinPosition: 0, told: "all", markedAtReadSeq: null };

/** What is mute for ever is so until then: the last second that a date can name. */
export const FOR_EVER = 253_402_300_799_000;

/** How a user has a conversation, and by which entry of their notes each of it is so; 0 for what the server has summed up. */
export interface Kept {
  readonly mine: Mine;
  readonly seqs: Readonly<Partial<Record<keyof Mine, number>>>;
}

export const NOTHING_KEPT: Kept = { mine: USUAL, seqs: {} };

/** Takes over what was set by the entry at `seq`, but for what a newer one has set already. */
export function kept({ mine, seqs }: Kept, changed: Partial<Mine>, seq: number): Kept {
  const names = (Object.keys(changed) as (keyof Mine)[]).filter((name) => seq >= (seqs[name] ?? 0));
  const news = Object.fromEntries(names.map((name) => [name, changed[name]]));
  return { mine: { ...mine, ...news }, seqs: { ...seqs, ...Object.fromEntries(names.map((name) => [name, seq])) } };
}

export function isMute({ mutedUntil }: Mine, now: number): boolean {
  return mutedUntil > now;
}

/** Whether it is marked as unread, for one who has read up to `readSeq`. */
export function isMarked({ markedAtReadSeq }: Mine, readSeq: number): boolean {
  return markedAtReadSeq !== null && markedAtReadSeq === readSeq;
}
