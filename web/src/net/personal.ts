/** The calls about what concerns only the user: how they have a conversation, stars, drafts, and what is sent later. */

import type { ConversationId, Entry, Later, Listed, MessageId, Mine, Said } from "../core/types";
import { ListDraftsResponseSchema, ListScheduledMessagesResponseSchema, ListStarsResponseSchema } from "../gen/elastic_chat/history/v1/history_service_pb";
import { GetBadgeResponseSchema } from "../gen/elastic_chat/presence/v1/presence_service_pb";
import { ConversationPreferencesSchema } from "../gen/elastic_chat/types/v1/conversation_pb";
import { BodySchema } from "../gen/elastic_chat/types/v1/entry_pb";
import { bodyOf, type Calls, messagePath, pathOf, query } from "./calls";
import { entryFrom, laterFrom, mineTo, saidTo } from "./wire";

export class PersonalApi {
  constructor(private readonly calls: Calls) {}

  /** Sets how the user has a conversation; what is not given stays as it is. */
  async prefer(conversationId: ConversationId, changed: Partial<Mine>, isMarkedUnread?: boolean): Promise<void> {
    await this.calls.tell("PATCH", `${pathOf(conversationId)}/preferences`, bodyOf(ConversationPreferencesSchema, mineTo(changed, isMarkedUnread)));
  }

  /** Shows the user a message no more. */
  async hide(conversationId: ConversationId, seq: number): Promise<void> {
    await this.calls.tell("PUT", `${messagePath(conversationId, seq)}/hidden`);
  }

  async star(conversationId: ConversationId, seq: number, isStarred: boolean): Promise<void> {
    await this.calls.tell(isStarred ? "PUT" : "DELETE", `${messagePath(conversationId, seq)}/star`);
  }

  /** The messages that are starred, as they are now: the newest stars first. */
  async listStars(pageToken = ""): Promise<Listed<Entry>> {
    const { entries, nextPageToken } = await this.calls.ask(ListStarsResponseSchema, "GET", `/v1/stars?${query({ pageSize: 100, pageToken })}`);
    return { items: entries.map(entryFrom), next: nextPageToken };
  }

  /** What is written and not sent, by conversation. */
  async listDrafts(): Promise<ReadonlyMap<ConversationId, string>> {
    const { drafts } = await this.calls.ask(ListDraftsResponseSchema, "GET", "/v1/drafts");
    const own = drafts.filter(({ draft }) => draft?.thread === 0n);
    return new Map(own.map(({ conversationId, draft }) => [conversationId as ConversationId, draft?.text ?? ""]));
  }

  /** An empty one is taken out. */
  async keepDraft(conversationId: ConversationId, text: string): Promise<void> {
    const path = `${pathOf(conversationId)}/draft`;
    await (text === "" ? this.calls.tell("DELETE", path) : this.calls.tell("PUT", path, { text }));
  }

  /** Lets a message be sent at a time, in Unix milliseconds. */
  async schedule(conversationId: ConversationId, messageId: MessageId, said: Said, at: number): Promise<void> {
    const body = { messageId, body: bodyOf(BodySchema, saidTo(said)), deliverAt: new Date(at).toISOString() };
    await this.calls.tell("POST", `${pathOf(conversationId)}/scheduled-messages`, body);
  }

  async listScheduled(): Promise<readonly Later[]> {
    const { messages } = await this.calls.ask(ListScheduledMessagesResponseSchema, "GET", "/v1/scheduled-messages");
    return messages.map(laterFrom).filter((later) => later !== null);
  }

  /** Says it otherwise, or at another time; what is not given stays as it is. */
  async reschedule(messageId: MessageId, { said, at }: { readonly said?: Said; readonly at?: number }): Promise<void> {
    await this.calls.tell("PATCH", scheduledPath(messageId), {
      ...(said === undefined ? {} : { body: bodyOf(BodySchema, saidTo(said)) }),
      ...(at === undefined ? {} : { deliverAt: new Date(at).toISOString() }),
    });
  }

  async cancelScheduled(messageId: MessageId): Promise<void> {
    await this.calls.tell("DELETE", scheduledPath(messageId));
  }

  /** The number that the icon should show. */
  async badge(): Promise<number> {
    return Number((await this.calls.ask(GetBadgeResponseSchema, "GET", "/v1/badge")).count);
  }
}

function scheduledPath(messageId: MessageId): string {
  return `/v1/scheduled-messages/${encodeURIComponent(messageId)}`;
}
