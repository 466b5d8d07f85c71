/** What the user can do with a message, by the menu beside it and by a key while the keyboard is on it. */

import { canEdit } from "./composing";
import { may } from "./permissions";
import { type Keyboard, type Pressed, shortcutOf } from "./shortcuts";
import type { ConversationState } from "./state";
import type { MessageRow } from "./timeline";

/** In the order of the menu. */
const ACTIONS = ["reply", "thread", "edit", "copy", "link", "forward", "select", "star", "pin", "info", "hide", "report", "delete"] as const;

export type MessageAction = (typeof ACTIONS)[number];

/** What the user may do in the conversation, as far as it matters here. */
export interface Powers {
  readonly write: boolean;
  readonly pin: boolean;
  readonly moderate: boolean;
  /** Whether several messages can be chosen where the message stands. */
  readonly select: boolean;
  /** Whether threads can be opened from where the message stands. */
  readonly thread: boolean;
}

export function powersIn({ me, conversation }: Pick<ConversationState, "me" | "conversation">): Powers {
  return { write: may(me, conversation, "write"), pin: may(me, conversation, "pin"), moderate: may(me, conversation, "moderate"), select: true, thread: true };
}

/** Nothing can be done with what has no entry yet. */
export function actionsOf(row: Pick<MessageRow, "seq" | "isOwn" | "shown">, powers: Powers): readonly MessageAction[] {
  return row.seq === null ? [] : ACTIONS.filter((action) => isPossible(action, row, powers));
}

function isPossible(action: MessageAction, { isOwn, shown }: Pick<MessageRow, "isOwn" | "shown">, powers: Powers): boolean {
  if (shown.isDeleted) {
    return action === "hide" || (action === "select" && powers.select);
  }
  switch (action) {
    case "reply":
      return powers.write;
    case "thread":
      return powers.thread;
    case "edit":
      return isOwn && powers.write && canEdit(shown);
    case "copy":
      return shown.text !== "";
    case "forward":
      return shown.poll === undefined;
    case "select":
      return powers.select;
    case "pin":
      return powers.pin;
    case "report":
      return !isOwn;
    case "delete":
      return isOwn || powers.moderate;
    case "link":
    case "star":
    case "info":
    case "hide":
      return true;
  }
}

/** What a key stands for, if that is among `actions`. */
export function actionByKey(pressed: Pressed, actions: readonly MessageAction[], keyboard: Keyboard): MessageAction | null {
  const found = shortcutOf(pressed, "message", keyboard);
  return actions.find((action) => action === found) ?? null;
}

/** The emoji that are one press away. */
export const QUICK_REACTIONS = ["👍", "❤️", "😂", "😮", "😢", "🙏"] as const;
