/** Whether the user may write in a conversation, and when. */

import type { Outbox } from "./outbox";
import { may } from "./permissions";
import type { ConversationState } from "./state";
import type { UserId } from "./types";

/** Why the user can't write: it is a channel, they are a reader, or what members may do is less. */
export type Bar = "channel" | "reader" | "members";

/** Null if they may write, or as long as nobody knows. */
export function barOf({ me, conversation }: Pick<ConversationState, "me" | "conversation">): Bar | null {
  if (me === null || may(me, conversation, "write")) {
    return null;
  }
  return conversation.kind === "channel" ? "channel" : me.role === "reader" ? "reader" : "members";
}

/** When the user can write again in slow mode, in Unix milliseconds; 0 if they need not wait. Whoever moderates need not. */
export function waitsUntil({ me: member, conversation, log }: Pick<ConversationState, "me" | "conversation" | "log">, outbox: Outbox, me: UserId | null): number {
  if (conversation.slowModeS === 0 || may(member, conversation, "moderate")) {
    return 0;
  }
  const last = log.entries.findLast(({ senderId, content }) => senderId === me && content.kind === "message");
  const pending = outbox.findLast(({ conversationId, delivery }) => conversationId === conversation.conversationId && delivery.state !== "failed");
  const at = Math.max(last?.acceptedAt ?? 0, pending?.createdAt ?? 0);
  return at === 0 ? 0 : at + conversation.slowModeS * 1_000;
}
