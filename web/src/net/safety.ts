/** The calls by which users keep others away from themselves, and tell those who administer the server what goes wrong. */

import type { Reported, ReportCategory, UserId } from "../core/types";
import type { Calls } from "./calls";

export class SafetyApi {
  constructor(private readonly calls: Calls) {}

  async block(userId: UserId): Promise<void> {
    await this.calls.tell("PUT", blockPath(userId));
  }

  async unblock(userId: UserId): Promise<void> {
    await this.calls.tell("DELETE", blockPath(userId));
  }

  async report(what: Reported, category: ReportCategory, words: string): Promise<void> {
    await this.calls.tell("POST", "/v1/reports", { ...what, category: category.toUpperCase(), words });
  }
}

function blockPath(userId: UserId): string {
  return `/v1/blocks/${encodeURIComponent(userId)}`;
}
