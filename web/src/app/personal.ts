/** What the user can do that concerns only them; the server tells all of their devices, this one too. Everything throws ApiError. */

import type { ConversationId, Entry, Later, Listed, MessageId, Mine, Said } from "../core/types";
import type { PersonalApi } from "../net/personal";
import type { Composition } from "./composition";

export class Personal {
  constructor(
    private readonly api: PersonalApi,
    private readonly composition: Pick<Composition, "sent">,
  ) {}

  /** Has a conversation in another way. */
  async prefer(conversationId: ConversationId, changed: Partial<Mine>, isMarkedUnread?: boolean): Promise<void> {
    await this.api.prefer(conversationId, changed, isMarkedUnread);
  }

  /** Shows a message no more, on any device. */
  async hide(conversationId: ConversationId, seq: number): Promise<void> {
    await this.api.hide(conversationId, seq);
  }

  async star(conversationId: ConversationId, seq: number, isStarred: boolean): Promise<void> {
    await this.api.star(conversationId, seq, isStarred);
  }

  /** The messages that are starred, as they are now. `next` of a part is the `pageToken` of that after it. */
  listStars(pageToken = ""): Promise<Listed<Entry>> {
    return this.api.listStars(pageToken);
  }

  /** Lets a message be sent at a time, in Unix milliseconds; once for each `key` (see `Client.newMessageId`). */
  async sendLater(conversationId: ConversationId, said: Said, at: number, key: MessageId): Promise<void> {
    await this.api.schedule(conversationId, key, said, at);
    this.composition.sent({ conversationId, thread: said.thread ?? null });
  }

  /** What is to be sent later. */
  listLater(): Promise<readonly Later[]> {
    return this.api.listScheduled();
  }

  /** Says it otherwise, or at another time. */
  async changeLater(messageId: MessageId, changed: { readonly said?: Said; readonly at?: number }): Promise<void> {
    await this.api.reschedule(messageId, changed);
  }

  /** Takes back what is to be sent later. */
  async cancelLater(messageId: MessageId): Promise<void> {
    await this.api.cancelScheduled(messageId);
  }
}
