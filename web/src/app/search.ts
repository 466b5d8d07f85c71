/** Looks for messages. One thing is looked for at a time: what is asked for meanwhile waits, and only the last of it is asked. */

import { NO_SEARCH, searched, type Search, type SearchStep } from "../core/search";
import type { FoundPage, UserId } from "../core/types";
import type { SearchApi } from "../net/search";
import type { Directory } from "./directory";
import { Store } from "./store";

export class Searching {
  readonly store = new Store<Search, SearchStep>(searched, NO_SEARCH);
  private isBusy = false;
  private isWaiting = false;

  constructor(
    private readonly api: Pick<SearchApi, "find">,
    private readonly directory: Pick<Directory, "know">,
  ) {}

  /** Looks for something else, or for the same again. */
  find(words: string): void {
    this.store.dispatch({ type: "asked", words });
    void this.go();
  }

  /** Fetches the next page, if there is one and nothing else is being fetched. */
  more(): void {
    const { phase, next } = this.store.get();
    if (next !== "" && (phase === "found" || phase === "failed")) {
      this.store.dispatch({ type: "more_asked" });
      void this.go();
    }
  }

  /** Tries again what has failed. */
  again(): void {
    const { words, next } = this.store.get();
    if (next === "") {
      this.find(words);
    } else {
      this.more();
    }
  }

  private async go(): Promise<void> {
    if (this.isBusy) {
      this.isWaiting = true;
      return;
    }
    this.isBusy = true;
    do {
      this.isWaiting = false;
      await this.ask();
    } while (this.isWaiting as boolean);
    this.isBusy = false;
  }

  /** A page may be empty and not be the last: goes on until there is something to show. */
  private async ask(): Promise<void> {
    for (;;) {
      const { number, words, next, phase } = this.store.get();
      if (phase !== "searching" && phase !== "more") {
        return;
      }
      try {
        const page = await this.api.find({ words, pageToken: phase === "more" ? next : "", utcOffsetMinutes: -new Date().getTimezoneOffset() });
        this.directory.know(namedIn(page));
        this.store.dispatch({ type: "came", number, page });
        if (page.items.length > 0 || page.next === "" || number !== this.store.get().number) {
          return;
        }
        this.store.dispatch({ type: "more_asked" });
      } catch (failure) {
        this.store.dispatch({ type: "failed", number, failure });
        return;
      }
    }
  }
}

function namedIn({ items }: FoundPage): readonly UserId[] {
  return items.map(({ entry }) => entry.senderId);
}
