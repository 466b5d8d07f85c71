/** Sends what is in the outbox, and keeps it over a reload. */

import { dueAt, expired, interrupted, type Outbox, ready, started } from "../core/outbox";
import { myId } from "../core/state";
import type { ClientEvent } from "../net/frames";
import { saveOutbox } from "../net/outbox_storage";
import { Alarm } from "./alarm";
import type { Store } from "./store";

export class Dispatcher {
  private saved: Outbox = [];
  private readonly alarm = new Alarm(() => {
    this.pump();
  });

  constructor(
    private readonly store: Store,
    private readonly send: (event: ClientEvent) => boolean,
  ) {
    store.subscribe(() => {
      this.save();
    });
  }

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

  private save(): void {
    const state = this.store.get();
    const me = myId(state);
    if (me === null) {
      this.saved = [];
    } else if (state.outbox !== this.saved) {
      saveOutbox(me, this.saved, state.outbox);
      this.saved = state.outbox;
    }
  }
}
