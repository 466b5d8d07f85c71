/** Finds the names and pictures of the users that the screen shows, and looks again after some time: nobody is told when they change. */

import { namedUsers, shownUsers } from "../core/select";
import { myId, type State } from "../core/state";
import type { UserId } from "../core/types";
import type { AccountApi } from "../net/account";
import { Alarm } from "./alarm";
import type { Store } from "./store";

/** Names that become needed within this time are asked for together. */
const GATHER_MS = 20;
const RETRY_MS = 5_000;
/** How old may be what is known of somebody who is looked at. */
const FRESH_MS = 5 * 60_000;
/** What was kept from before is looked at again when the page has begun. */
const SETTLED_MS = 3_000;

export class Directory {
  /** When each was asked for. */
  private readonly asked = new Map<UserId, number>();
  private seen: readonly unknown[] = [];
  private opened: State["opened"] = null;
  /** Whom something names that is not in the state. */
  private readonly named = new Set<UserId>();
  private isDue = false;
  private readonly alarm = new Alarm(() => {
    this.isDue = false;
    void this.fetch(this.missing());
  });
  /** Those of whom something is known, but not since this page began, or not of late. */
  private readonly again = new Alarm(() => {
    void this.fetch(this.aged());
  });

  constructor(
    private readonly store: Store,
    private readonly api: Pick<AccountApi, "findUsers">,
  ) {
    store.subscribe(() => {
      this.look();
    });
  }

  /** Finds the names of users whom something shows that is not in the state, such as what a search has found. */
  know(userIds: Iterable<UserId>): void {
    for (const userId of userIds) {
      this.named.add(userId);
    }
    this.askFor();
  }

  private look(): void {
    const state = this.store.get();
    if (myId(state) === null) {
      this.asked.clear();
      this.named.clear();
      this.seen = [];
      this.opened = null;
      this.isDue = false;
      this.alarm.set(null);
      this.again.set(null);
      return;
    }
    const isFirst = this.seen.length === 0;
    if (state.opened?.conversationId !== this.opened?.conversationId || isFirst) {
      this.again.set(Date.now() + (isFirst ? SETTLED_MS : GATHER_MS));
      this.opened = state.opened;
    }
    if (state.conversations !== this.seen[0] || state.preferences !== this.seen[1]) {
      this.seen = [state.conversations, state.preferences];
      this.askFor();
    }
  }

  private askFor(): void {
    if (!this.isDue && this.missing().length > 0) {
      this.ask(GATHER_MS);
    }
  }

  private missing(): readonly UserId[] {
    const state = this.store.get();
    return [...namedUsers(state), ...this.named].filter((userId) => !this.asked.has(userId) && !state.users.has(userId));
  }

  /** Of those in the list, who was kept from before; of those in the open conversation, also who was asked for some time ago. */
  private aged(): readonly UserId[] {
    const { conversations, users } = this.store.get();
    const listed = [...conversations.values()].flatMap(({ conversation }) => conversation.memberIds).filter((userId) => !this.asked.has(userId));
    const chat = this.opened === null ? undefined : conversations.get(this.opened.conversationId);
    const before = Date.now() - FRESH_MS;
    const shown = chat === undefined ? [] : [...shownUsers(chat)].filter((userId) => (this.asked.get(userId) ?? 0) < before);
    return [...new Set([...listed, ...shown])].filter((userId) => users.has(userId));
  }

  private async fetch(ids: readonly UserId[]): Promise<void> {
    if (ids.length === 0) {
      return;
    }
    for (const id of ids) {
      this.asked.set(id, Date.now());
    }
    try {
      this.store.dispatch({ type: "users_found", users: await this.api.findUsers(ids) });
    } catch {
      for (const id of ids) {
        this.asked.delete(id);
      }
      this.ask(RETRY_MS);
    }
  }

  private ask(inMs: number): void {
    this.isDue = true;
    this.alarm.set(Date.now() + inMs);
  }
}
