/** Whether there is a newer version of the client than the one that runs. */

import { type NewVersion, watchVersions } from "../net/worker";
import { Store } from "./store";

export class Versions {
  readonly store = new Store<NewVersion | null, NewVersion>((_, next) => next, null);

  /** Looks from now on. */
  start(): void {
    watchVersions(this.store.dispatch);
  }
}
