/** Sends what is in the outbox. */

import { dueAt, expired, interrupted, type Outbox, ready, started } from "../core/outbox";
import type { ClientEvent } from "../net/frames";
import { Alarm } from "./alarm";
import type { Store } from "./store";

export class Dispatcher {
  private readonly alarm = new Alarm(() => {
    this.pump();
  });

  constructor(
    private readonly store: Store,
    private readonly send: (event: ClientEvent) => boolean,
  ) {}

  /** Changes the outbox, and sends what has become ready by that. */
  change(change: (outbox: Outbox) => Outbox): void {
    this.store.dispatch({ type: "outbox_changed", outbox: change(this.store.get().outbox) });
    this.pump();
  }

  /** The connection is gone. */
  interrupt(): void {
    this.store.dispatch({ type: "outbox_changed", outbox: interrupted(this.store.get().outbox, Date.now()) });
  }

  /** Sends what is ready. Does nothing while there is no connection. */
  pump(): void {
    const now = Date.now();
    let outbox = expired(this.store.get().outbox, now);
    let isOpen = true;
    for (const { messageId, conversationId, said } of ready(outbox, now)) {
      isOpen = this.send({ type: "send", messageId, conversationId, said });
      if (!isOpen) {
        break;
      }
      outbox = started(outbox, messageId, now);
    }
    if (outbox !== this.store.get().outbox) {
      this.store.dispatch({ type: "outbox_changed", outbox });
    }
    this.alarm.set(isOpen ? dueAt(outbox) : null);
  }
}
