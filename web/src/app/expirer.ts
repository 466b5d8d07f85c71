/** Lets messages disappear at their time. */

import { nextExpiry } from "../core/expiry";
import type { Log } from "../core/log";
import { Alarm } from "./alarm";
import type { Store } from "./store";

export class Expirer {
  /** What was found out of logs, which never change. */
  private readonly known = new WeakMap<Log, number>();
  private readonly alarm = new Alarm(() => {
    this.store.dispatch({ type: "time_passed", now: Date.now() });
    this.set();
  });

  constructor(private readonly store: Store) {
    this.set();
    store.subscribe(() => {
      this.set();
    });
  }

  private set(): void {
    const soonest = [...this.store.get().conversations.values()].reduce((at, { log }) => Math.min(at, this.next(log)), Infinity);
    this.alarm.set(soonest === Infinity ? null : soonest);
  }

  private next(log: Log): number {
    const at = this.known.get(log) ?? nextExpiry(log);
    this.known.set(log, at);
    return at;
  }
}
