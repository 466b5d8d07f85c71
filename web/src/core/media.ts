/** The pictures and films of a conversation, as one looks through them. */

import { changesByTarget, folded } from "./fold";
import type { ConversationState } from "./state";
import type { FileRef, UserId } from "./types";

/** What browsers show without running anything; the server says what a file is, whatever it is called. */
const PICTURES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);
const FILMS: ReadonlySet<string> = new Set(["video/mp4", "video/webm", "video/ogg", "video/quicktime"]);

export type MediaKind = "picture" | "film" | "recording" | "other";

export function kindOf({ mediaType, width }: FileRef): MediaKind {
  if (PICTURES.has(mediaType) && width > 0) {
    return "picture";
  }
  return FILMS.has(mediaType) ? "film" : mediaType.startsWith("audio/") ? "recording" : "other";
}

export function isSeen(file: FileRef): boolean {
  const kind = kindOf(file);
  return kind === "picture" || kind === "film";
}

export interface Medium {
  readonly file: FileRef;
  readonly senderId: UserId;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What is loaded of a conversation, from the oldest on; without what is deleted, or hidden from the user. */
export function mediaOf({ log: { entries }, hidden }: Pick<ConversationState, "log" | "hidden">, me: UserId | null): readonly Medium[] {
  const changes = changesByTarget(entries);
  return entries.flatMap(({ seq, senderId, acceptedAt, content }) => {
    if (content.kind !== "message" || (content.said.files ?? []).length === 0 || hidden.has(seq)) {
      return [];
    }
    const shown = folded(content, changes.get(seq) ?? [], me);
    const files = shown.isDeleted || shown.isHidden === true ? [] : (shown.files ?? []);
    return files.filter(isSeen).map((file) => ({ file, senderId, at: acceptedAt }));
  });
}
