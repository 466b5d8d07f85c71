/** Holds a state, and tells who listens when it changes. */

import type { Action, State } from "../core/state";

/** That of the chat, unless it says what else. */
export class Store<S = State, A = Action> {
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly update: (state: S, action: A) => S,
    private current: S,
  ) {}

  readonly get = (): S => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly dispatch = (action: A): void => {
    const next = this.update(this.current, action);
    if (next === this.current) {
      return;
    }
    this.current = next;
    for (const listener of this.listeners) {
      listener();
    }
  };
}
