/** The places of the conversations that stand above the others. The lowest comes first, and there are gaps, so that moving one changes few. */

import type { ConversationRow } from "./select";
import type { ConversationId } from "./types";

export interface Place {
  readonly conversationId: ConversationId;
  readonly position: number;
}

const GAP = 1_000;
/** What the server takes. */
const MAX = 1_000_000;

/** Those that are pinned and not put away, in their order. */
export function pinsOf(rows: readonly ConversationRow[]): readonly Place[] {
  return rows
    .filter(({ chat }) => chat.kept.mine.pinPosition > 0 && !chat.kept.mine.isArchived)
    .map(({ chat }) => ({ conversationId: chat.conversation.conversationId, position: chat.kept.mine.pinPosition }));
}

/** Where one that is to be pinned stands: below all that are. */
export function lastPlace(pins: readonly Place[]): number {
  return Math.min(MAX, Math.max(0, ...pins.map(({ position }) => position)) + GAP);
}

/** Which places are others when one goes up (-1) or down (1); none if it is at the end. Two at the same place are told apart by this. */
export function moved(pins: readonly Place[], conversationId: ConversationId, step: 1 | -1): readonly Place[] {
  const at = pins.findIndex((pin) => pin.conversationId === conversationId);
  const [pin, other] = [pins[at], pins[at + step]];
  if (pin === undefined || other === undefined) {
    return [];
  }
  if (new Set(pins.map(({ position }) => position)).size === pins.length) {
    return [
      { ...pin, position: other.position },
      { ...other, position: pin.position },
    ];
  }
  const order = pins.with(at, other).with(at + step, pin);
  return order.map((one, index) => ({ ...one, position: (index + 1) * GAP })).filter((one) => pins.find((before) => before.conversationId === one.conversationId)?.position !== one.position);
}
