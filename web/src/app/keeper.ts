/** Keeps on this device what the user's next start begins with, and what is still to be sent. */

import { keptChanges, outboxFrom } from "../core/kept_outbox";
import type { Outbox } from "../core/outbox";
import { chatSnapshot, commonSnapshot, restored, type Saved } from "../core/snapshot";
import { myId, type State } from "../core/state";
import type { ConversationId, UserId } from "../core/types";
import type { LocalStore } from "../net/local";
import { Alarm } from "./alarm";
import type { Store } from "./store";

/** What changes within this time is written together. What is to be sent is written at once. */
const GATHER_MS = 1_000;

export class Keeper {
  /** The state as it is kept; null while nobody is logged in. */
  private kept: Pick<State, "conversations" | "users" | "preferences" | "drafts" | "outbox"> | null = null;
  private isDue = false;
  private readonly alarm = new Alarm(() => {
    this.write();
  });

  constructor(
    private readonly store: Store,
    private readonly local: LocalStore,
  ) {
    store.subscribe(() => {
      this.follow();
    });
    // The page may not come back.
    window.addEventListener("pagehide", () => { this.write(); });
  }

  /** What was kept of a user, who is about to begin with it. */
  async load(userId: UserId): Promise<{ readonly outbox: Outbox; readonly saved: Saved }> {
    const found = await this.local.load(userId);
    const begun = { outbox: outboxFrom(found.outbox, Date.now()), saved: restored(found.chats, found.common) };
    this.kept = { ...begun.saved, outbox: begun.outbox };
    return begun;
  }

  /** The session is over: nothing of the user's conversations stays here. What was to be sent stays until they log in again, unless `isAll`. */
  async forget(userId: UserId, isAll: boolean): Promise<void> {
    this.kept = null;
    this.alarm.set(null);
    this.isDue = false;
    await this.local.forget(userId, isAll);
  }

  private follow(): void {
    const state = this.store.get();
    const me = myId(state);
    if (me === null || this.kept === null) {
      return;
    }
    if (state.outbox !== this.kept.outbox) {
      void this.local.saveMessages(me, keptChanges(this.kept.outbox, state.outbox));
      this.kept = { ...this.kept, outbox: state.outbox };
    }
    const { conversations, users, preferences, drafts } = this.kept;
    const isNew = state.conversations !== conversations || state.users !== users || state.preferences !== preferences || state.drafts !== drafts;
    if (isNew && !this.isDue) {
      this.isDue = true;
      this.alarm.set(Date.now() + GATHER_MS);
    }
  }

  private write(): void {
    this.isDue = false;
    const state = this.store.get();
    const me = myId(state);
    if (me === null || this.kept === null) {
      return;
    }
    const before = this.kept;
    const now = Date.now();
    const chats = new Map<ConversationId, ReturnType<typeof chatSnapshot> | null>();
    for (const [id, chat] of state.conversations) {
      const draft = state.drafts.get(id) ?? "";
      if (chat !== before.conversations.get(id) || draft !== (before.drafts.get(id) ?? "")) {
        chats.set(id, chatSnapshot(chat, me, draft, now));
      }
    }
    for (const id of before.conversations.keys()) {
      if (!state.conversations.has(id)) {
        chats.set(id, null);
      }
    }
    const isCommon = state.users !== before.users || state.preferences !== before.preferences;
    if (chats.size > 0 || isCommon) {
      void this.local.save(me, { chats, common: isCommon ? commonSnapshot(state) : null });
    }
    const { conversations, users, preferences, drafts } = state;
    this.kept = { ...before, conversations, users, preferences, drafts };
  }
}
