/** Holds the state, and tells who listens when it changes. */

import { type Action, initial, type State, update } from "../core/state";

export class Store {
  private current: State = initial;
  private readonly listeners = new Set<() => void>();

  readonly get = (): State => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly dispatch = (action: Action): void => {
    const next = update(this.current, action);
    if (next === this.current) {
      return;
    }
    this.current = next;
    for (const listener of this.listeners) {
      listener();
    }
  };
}
