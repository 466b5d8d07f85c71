/** Tells the server how far this device has got in each conversation, at most once a second for all of them. */

import type { ConversationId, Head } from "../core/types";
import type { ClientEvent } from "../net/frames";
import { Alarm } from "./alarm";
import type { Store } from "./store";

const INTERVAL_MS = 1_000;

interface Told {
  readonly delivered: number;
  readonly read: number;
}

export class Reporter {
  private readonly told = new Map<ConversationId, Told>();
  private readonly pending = new Set<ConversationId>();
  private lastAt = 0;
  private readonly alarm = new Alarm(() => {
    this.flush();
  });

  constructor(
    private readonly store: Store,
    private readonly send: (event: ClientEvent) => boolean,
  ) {}

  /** Something new of this conversation is on the device, or was read. */
  note(conversationId: ConversationId): void {
    this.pending.add(conversationId);
    this.alarm.set(Math.max(Date.now(), this.lastAt + INTERVAL_MS));
  }

  /** A connection has opened: what the server does not know yet is told again. */
  reset(heads: readonly Head[]): void {
    this.told.clear();
    for (const { conversationId, readSeq, unread, headSeq } of heads) {
      this.told.set(conversationId, { delivered: unread > 0 ? 0 : headSeq, read: readSeq });
      this.note(conversationId);
    }
  }

  private flush(): void {
    this.lastAt = Date.now();
    for (const conversationId of this.pending) {
      const chat = this.store.get().conversations.get(conversationId);
      const told = this.told.get(conversationId) ?? { delivered: 0, read: 0 };
      if (chat === undefined) {
        this.pending.delete(conversationId);
        continue;
      }
      const delivered = Math.max(chat.log.tail, told.delivered);
      const read = Math.max(chat.readSeq, told.read);
      if (delivered > told.delivered || read > told.read) {
        const news = { deliveredSeq: delivered > told.delivered ? delivered : 0, readSeq: read > told.read ? read : 0 };
        if (!this.send({ type: "watermark", conversationId, ...news })) {
          return;
        }
        this.told.set(conversationId, { delivered, read });
      }
      this.pending.delete(conversationId);
    }
  }
}
