/** Asks how messages of the open conversation are, where that can't be told from what was heard. */

import { toRenew } from "../core/fold";
import { myId } from "../core/state";
import type { Entry } from "../core/types";
import type { MessagesApi } from "../net/messages";
import { Alarm } from "./alarm";
import type { Store } from "./store";

/** In a lively conversation, one answer is good for all who have changed their minds meanwhile. */
const EVERY_MS = 1_000;

export class Looks {
  private entries: readonly Entry[] = [];
  private isAsking = false;
  private readonly alarm = new Alarm(() => {
    void this.look();
  });

  constructor(
    private readonly store: Store,
    private readonly api: Pick<MessagesApi, "get">,
  ) {
    store.subscribe(() => {
      this.changed();
    });
  }

  private changed(): void {
    const { opened, conversations } = this.store.get();
    const entries = (opened === null ? undefined : conversations.get(opened.conversationId)?.log.entries) ?? [];
    if (entries !== this.entries) {
      this.entries = entries;
      this.ask();
    }
  }

  private ask(): void {
    if (!this.isAsking && this.due().length > 0) {
      this.isAsking = true;
      this.alarm.set(Date.now() + EVERY_MS);
    }
  }

  private due(): readonly number[] {
    return toRenew(this.entries, myId(this.store.get()));
  }

  /** A failure leaves the numbers as they are: the next change asks again. */
  private async look(): Promise<void> {
    const conversationId = this.store.get().opened?.conversationId;
    const found = await Promise.allSettled(conversationId === undefined ? [] : this.due().map((seq) => this.api.get(conversationId, seq)));
    for (const one of found) {
      if (one.status === "fulfilled") {
        this.store.dispatch({ type: "message_renewed", entry: one.value });
      }
    }
    this.isAsking = false;
    if (found.every(({ status }) => status === "fulfilled")) {
      this.ask(); // more may have come while the answers did
    }
  }
}
