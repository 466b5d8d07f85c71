/** The conversations of the list by what one looks for: each folder shows some of them, in the order of all. */

import { isMarked } from "./mine";
import type { ConversationRow } from "./select";
import type { ConversationId, ConversationKind } from "./types";

export const FOLDERS = ["all", "unread", "mentions", "direct", "groups", "channels", "archive"] as const;

export type Folder = (typeof FOLDERS)[number];

const KINDS: Readonly<Partial<Record<Folder, ConversationKind>>> = { direct: "direct", groups: "group", channels: "channel" };

/** Shown even while nothing is in them, so that the row of folders stays as it is while one reads. */
const ALWAYS: ReadonlySet<Folder> = new Set(["all", "unread", "direct", "groups"]);

/** Whether something in it waits for the user. */
export function isWaiting({ chat }: ConversationRow): boolean {
  return chat.unread > 0 || isMarked(chat.kept.mine, chat.readSeq);
}

/** Whether a folder has it. What is archived is in the archive alone. What is open stays where it is, though it is read by that. */
export function isIn(folder: Folder, row: ConversationRow, openedId: ConversationId | null): boolean {
  const { conversation, kept, mentions } = row.chat;
  if (kept.mine.isArchived || folder === "archive") {
    return kept.mine.isArchived && folder === "archive";
  }
  switch (folder) {
    case "all":
      return true;
    case "unread":
      return isWaiting(row) || conversation.conversationId === openedId;
    case "mentions":
      return mentions > 0 || conversation.conversationId === openedId;
    default:
      return conversation.kind === KINDS[folder];
  }
}

export interface FolderCount {
  readonly folder: Folder;
  /** Conversations in it that wait for the user; of the archive, all that are in it. */
  readonly count: number;
}

/** The folders to choose from, without those in which there would be nothing to see; `chosen` stays. */
export function foldersOf(rows: readonly ConversationRow[], chosen: Folder): readonly FolderCount[] {
  return FOLDERS.filter((folder) => ALWAYS.has(folder) || folder === chosen || rows.some((row) => isIn(folder, row, null))).map((folder) => {
    const within = rows.filter((row) => isIn(folder, row, null));
    return { folder, count: folder === "archive" ? within.length : within.filter(isWaiting).length };
  });
}

/** The conversation that is `step` places further in a list, or that is the first or last of it if the open one is not in it. */
export function neighbour(ids: readonly ConversationId[], openedId: ConversationId | null, step: 1 | -1): ConversationId | null {
  const at = openedId === null ? -1 : ids.indexOf(openedId);
  const next = at < 0 ? (step === 1 ? 0 : ids.length - 1) : at + step;
  return ids[next] ?? null;
}
