/** Fetches what is missing at the newer end of a conversation, one fetch at a time for each. */

import { backoffMs } from "../core/backoff";
import { hasHole } from "../core/log";
import type { ConversationId } from "../core/types";
import type { Api } from "../net/api";
import { ApiError } from "../net/errors";
import type { Store } from "./store";

/** Entries that overtake each other on their way are together again within this time. */
const GRACE_MS = 150;
const PAGE_SIZE = 200;
/** Whoever missed more pages than this starts again at the newest one. */
const MAX_PAGES = 5;
const MAX_ATTEMPTS = 6;
const BACKOFF = { baseMs: 1_000, capMs: 15_000 };

export class CatchUp {
  /** Conversations that are being caught up, and whether they have to be looked at once more. */
  private readonly running = new Map<ConversationId, boolean>();

  constructor(
    private readonly store: Store,
    private readonly api: Api,
  ) {}

  /** Fills a hole that is still there after a moment. */
  async soon(conversationId: ConversationId): Promise<void> {
    await pause(GRACE_MS);
    const chat = this.store.get().conversations.get(conversationId);
    if (chat !== undefined && hasHole(chat.log)) {
      await this.now(conversationId);
    }
  }

  /** Fetches everything that is newer than what is here. Gives up after some tries: the next entry or connection starts anew. */
  async now(conversationId: ConversationId): Promise<void> {
    if (this.running.has(conversationId)) {
      this.running.set(conversationId, true);
      return;
    }
    try {
      do {
        this.running.set(conversationId, false);
        await this.fetch(conversationId);
      } while (this.running.get(conversationId) === true);
    } finally {
      this.running.delete(conversationId);
    }
  }

  private async fetch(conversationId: ConversationId): Promise<void> {
    for (let attempt = 0, pages = 0; attempt < MAX_ATTEMPTS && pages <= MAX_PAGES;) {
      const after = this.store.get().conversations.get(conversationId)?.log.tail;
      if (after === undefined) {
        return;
      }
      try {
        const page = await this.api.messages.list(conversationId, { afterSeq: after, pageSize: PAGE_SIZE });
        this.store.dispatch({ type: "newer_came", conversationId, after, page });
        pages += 1;
        if (page.hasMore && pages === MAX_PAGES) {
          await this.restart(conversationId);
          return;
        }
        if (!page.hasMore) {
          if (this.isComplete(conversationId, page.headSeq)) {
            return;
          }
          attempt += 1;
          await pause(backoffMs(BACKOFF, attempt, Math.random()));
        }
      } catch (error) {
        if (!(error instanceof ApiError)) {
          throw error;
        }
        if (!error.retryable) {
          return;
        }
        attempt += 1;
        await pause(backoffMs(BACKOFF, attempt, Math.random()));
      }
    }
  }

  private async restart(conversationId: ConversationId): Promise<void> {
    const page = await this.api.messages.list(conversationId, { pageSize: PAGE_SIZE });
    this.store.dispatch({ type: "restarted", conversationId, page });
    const summary = await this.api.conversations.get(conversationId);
    if (this.store.get().conversations.has(conversationId)) {
      this.store.dispatch({ type: "conversation_found", summary });
    }
  }

  /** The page may be older than what has come live meanwhile, or lag behind the head: then there is more to fetch. */
  private isComplete(conversationId: ConversationId, headSeq: number): boolean {
    const log = this.store.get().conversations.get(conversationId)?.log;
    return log === undefined || (log.tail >= headSeq && !hasHole(log));
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
