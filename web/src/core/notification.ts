/** What a push says, and what of it is shown: the rules of the service worker. docs/notifications.md tells what the server promises. */

import type { ConversationId, UserId } from "./types";
import type { Words } from "./words";

export interface MessageNews {
  readonly type: "message";
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly senderId: UserId;
  readonly isMentioned: boolean;
  /** Null if this device asked not to be told. */
  readonly text: string | null;
  /** The number on the icon; null if nobody knows it now. */
  readonly badge: number | null;
}

/** The user has read a conversation up to here, elsewhere. */
export interface ReadNews {
  readonly type: "read";
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly badge: number | null;
}

export type News = MessageNews | ReadNews;

/** What the page has left for when it is closed: a push names nobody. */
export interface Names {
  readonly users: Readonly<Record<string, string>>;
  /** Of groups only: what is between two has the name of the other. */
  readonly titles: Readonly<Record<string, string>>;
}

export const NAMELESS: Names = { users: {}, titles: {} };

/** What a notification remembers. */
export interface Shown {
  readonly conversationId: ConversationId;
  readonly seq: number;
}

/** Null for what is no news of this version: the server may know more. */
export function newsFrom(value: unknown): News | null {
  if (!isRecord(value) || typeof value["conversationId"] !== "string") {
    return null;
  }
  const badge = value["badge"];
  const common = {
    conversationId: value["conversationId"] as ConversationId,
    seq: Number(value["seq"]),
    badge: typeof badge === "number" && badge >= 0 ? badge : null,
  };
  switch (value["type"]) {
    case "message":
      return {
        ...common,
        type: "message",
        senderId: String(value["senderId"]) as UserId,
        isMentioned: value["mentioned"] === true,
        text: typeof value["text"] === "string" ? value["text"] : null,
      };
    case "read":
      return { ...common, type: "read" };
    default:
      return null;
  }
}

/** The two lines of a notification. */
export function linesOf({ conversationId, senderId, isMentioned, text }: MessageNews, { users, titles }: Names, { t }: Words): { readonly title: string; readonly body: string } {
  const sender = users[senderId];
  const group = titles[conversationId];
  const said = text === null || text === "" ? t(isMentioned ? "notifications.mentioned" : "notifications.new") : text;
  return {
    title: group ?? sender ?? "Elastic-Chat",
    body: group !== undefined && sender !== undefined ? t("notifications.said", { name: sender, text: said }) : said,
  };
}

/** Whether a notification tells of nothing that was not read. */
export function isRead(shown: unknown, { conversationId, seq }: Pick<ReadNews, "conversationId" | "seq">): boolean {
  return isShown(shown) && shown.conversationId === conversationId && shown.seq <= seq;
}

/** Where a click on a notification leads. */
export function pathOf(shown: unknown): string {
  return isShown(shown) ? `/c/${encodeURIComponent(shown.conversationId)}` : "/";
}

export function isShown(value: unknown): value is Shown {
  return isRecord(value) && typeof value["conversationId"] === "string" && typeof value["seq"] === "number";
}

export function isNames(value: unknown): value is Names {
  return isRecord(value) && isRecord(value["users"]) && isRecord(value["titles"]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
