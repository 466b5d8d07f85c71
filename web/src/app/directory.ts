/** Finds the names of the users that the screen shows. */

import { namedUsers } from "../core/select";
import { myId } from "../core/state";
import type { UserId } from "../core/types";
import type { AccountApi } from "../net/account";
import { Alarm } from "./alarm";
import type { Store } from "./store";

/** Names that become needed within this time are asked for together. */
const GATHER_MS = 20;
const RETRY_MS = 5_000;

export class Directory {
  private readonly asked = new Set<UserId>();
  private seen: readonly unknown[] = [];
  /** Whom something names that is not in the state. */
  private readonly named = new Set<UserId>();
  private isDue = false;
  private readonly alarm = new Alarm(() => {
    this.isDue = false;
    void this.fetch();
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
      this.isDue = false;
      this.alarm.set(null);
    } else if (state.conversations !== this.seen[0] || state.preferences !== this.seen[1]) {
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

  private async fetch(): Promise<void> {
    const ids = this.missing();
    if (ids.length === 0) {
      return;
    }
    for (const id of ids) {
      this.asked.add(id);
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
