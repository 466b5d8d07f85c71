/** How the user keeps others away, and tells those who administer the server what goes wrong. Everything throws ApiError. */

import type { Preferences, Reported, ReportCategory, UserId } from "../core/types";
import type { SafetyApi } from "../net/safety";
import type { Store } from "./store";

export class Safety {
  constructor(
    private readonly store: Store,
    private readonly api: SafetyApi,
  ) {}

  /** From then on neither of the two reaches the other. */
  async block(userId: UserId): Promise<void> {
    await this.api.block(userId);
    this.change((blocks) => (blocks.some((block) => block.userId === userId) ? blocks : [...blocks, { userId, at: Date.now() }]));
  }

  async unblock(userId: UserId): Promise<void> {
    await this.api.unblock(userId);
    this.change((blocks) => blocks.filter((block) => block.userId !== userId));
  }

  /** `words` says more about it, and must if the category is "other". */
  async report(what: Reported, category: ReportCategory, words: string): Promise<void> {
    await this.api.report(what, category, words);
  }

  /** The server tells all devices, this one too: here it is seen at once. */
  private change(next: (blocks: Preferences["blocks"]) => Preferences["blocks"]): void {
    const { preferences } = this.store.get();
    if (preferences !== null) {
      this.store.dispatch({ type: "preferences_came", preferences: { ...preferences, blocks: next(preferences.blocks) } });
    }
  }
}
