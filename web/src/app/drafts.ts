/** Keeps what is written and not sent: here at once, and for the user's other devices every few seconds. */

import type { ConversationId } from "../core/types";
import { ApiError } from "../net/errors";
import type { PersonalApi } from "../net/personal";
import { Alarm } from "./alarm";
import type { Store } from "./store";

const EVERY_MS = 3_000;

export class Drafts {
  /** What the server is still to be told. */
  private readonly waiting = new Map<ConversationId, string>();
  /** Of what it is being told just now. */
  private readonly busy = new Set<ConversationId>();
  /** Where the server has one. */
  private readonly kept = new Set<ConversationId>();
  private readonly alarm = new Alarm(() => {
    void this.save();
  });

  constructor(
    private readonly store: Store,
    private readonly api: Pick<PersonalApi, "listDrafts" | "keepDraft">,
  ) {}

  /** The user has written something. */
  write(conversationId: ConversationId, text: string): void {
    this.store.dispatch({ type: "drafted", conversationId, text });
    if (this.waiting.size === 0) {
      this.alarm.set(Date.now() + EVERY_MS);
    }
    this.waiting.set(conversationId, text);
  }

  /** What was written is sent. */
  sent(conversationId: ConversationId): void {
    this.write(conversationId, "");
    if (this.kept.has(conversationId) || this.busy.has(conversationId)) {
      void this.save();
    } else {
      this.waiting.delete(conversationId);
    }
  }

  /** Another device has written something; or this one has, a while ago. */
  came(conversationId: ConversationId, text: string): void {
    this.note(conversationId, text);
    if (!this.waiting.has(conversationId) && !this.busy.has(conversationId)) {
      this.store.dispatch({ type: "drafted", conversationId, text });
    }
  }

  /** Takes over what the server has. That it can't be had now is no harm: it is asked for again with the next connection. */
  async load(): Promise<void> {
    const drafts = await this.api.listDrafts().catch(() => null);
    if (drafts !== null) {
      const gone = [...this.store.get().drafts.keys()].filter((conversationId) => !drafts.has(conversationId));
      for (const [conversationId, text] of [...drafts, ...gone.map((conversationId) => [conversationId, ""] as const)]) {
        this.came(conversationId, text);
      }
    }
  }

  /** The session is over. */
  close(): void {
    this.alarm.set(null);
    this.waiting.clear();
    this.kept.clear();
  }

  private note(conversationId: ConversationId, text: string): void {
    if (text === "") {
      this.kept.delete(conversationId);
    } else {
      this.kept.add(conversationId);
    }
  }

  private async save(): Promise<void> {
    const news = [...this.waiting].filter(([conversationId]) => !this.busy.has(conversationId));
    for (const [conversationId] of news) {
      this.waiting.delete(conversationId);
      this.busy.add(conversationId);
    }
    await Promise.all(news.map(([conversationId, text]) => this.saveOne(conversationId, text)));
    if (this.waiting.size > 0) {
      this.alarm.set(Date.now() + EVERY_MS);
    }
  }

  private async saveOne(conversationId: ConversationId, text: string): Promise<void> {
    try {
      await this.api.keepDraft(conversationId, text);
      this.note(conversationId, text);
    } catch (error) {
      if (error instanceof ApiError && error.retryable && !this.waiting.has(conversationId)) {
        this.waiting.set(conversationId, text);
      }
    } finally {
      this.busy.delete(conversationId);
    }
  }
}
