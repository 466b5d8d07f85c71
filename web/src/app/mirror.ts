/** Has the same messages to be sent in all tabs: what is written in one is seen in the others, and leaves in one order whoever sends it. */

import { type OutboxNews, outboxNews, withNews } from "../core/kept_outbox";
import type { Outbox } from "../core/outbox";
import { myId } from "../core/state";
import type { UserId } from "../core/types";
import { type Channel, openChannel } from "../net/channel";
import type { Store } from "./store";

export class Mirror {
  private channel: Channel<OutboxNews> | null = null;
  /** The outbox as the others know it; null until the session has begun. */
  private known: Outbox | null = null;
  /** What was told before that. */
  private early: OutboxNews[] = [];

  constructor(
    private readonly store: Store,
    private readonly change: (change: (outbox: Outbox) => Outbox) => void,
  ) {
    store.subscribe(() => {
      this.follow();
    });
  }

  /** Listens to the other tabs of a user, who is about to begin with what was kept. */
  open(userId: UserId): void {
    this.close();
    this.channel = openChannel<OutboxNews>(`elastic-chat.outbox.${userId}`, (news) => {
      this.hear(news);
    });
  }

  /** The session is over. */
  close(): void {
    this.channel?.close();
    this.channel = null;
    this.known = null;
    this.early = [];
  }

  private follow(): void {
    const { outbox } = this.store.get();
    if (this.channel === null || myId(this.store.get()) === null || outbox === this.known) {
      return;
    }
    const before = this.known;
    this.known = outbox;
    const news = before === null ? null : outboxNews(before, outbox);
    if (news !== null) {
      this.channel.post(news);
    }
    this.early.splice(0).forEach((told) => { this.take(told); });
  }

  private hear(news: OutboxNews): void {
    if (this.known === null) {
      this.early.push(news);
    } else {
      this.take(news);
    }
  }

  private take({ kept, discarded }: OutboxNews): void {
    const { conversations } = this.store.get();
    const isSaid = ({ conversationId, messageId }: OutboxNews["kept"][number]) =>
      conversations.get(conversationId)?.log.entries.some((entry) => entry.messageId === messageId) === true;
    const open = kept.filter((message) => !isSaid(message));
    this.change((outbox) => {
      // The others know it already: it is no news of this tab.
      this.known = withNews(outbox, { kept: open, discarded }, Date.now());
      return this.known;
    });
  }
}
