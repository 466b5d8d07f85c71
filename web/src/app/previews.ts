/** What links lead to, as the server tells, once for each; nothing if it has that switched off. */

import type { LinkPreview } from "../core/types";
import { ApiError } from "../net/errors";
import type { FilesApi } from "../net/files";

/** Links that are remembered: those that were asked for last. */
const MAX_KNOWN = 200;

export class Previews {
  private readonly known = new Map<string, Promise<LinkPreview | null>>();
  private isOff = false;

  constructor(private readonly api: Pick<FilesApi, "linkPreview">) {}

  /** Null if there is nothing to show. Never rejects. */
  async find(url: string): Promise<LinkPreview | null> {
    if (this.isOff) {
      return null;
    }
    const found = this.known.get(url) ?? this.ask(url);
    this.known.delete(url);
    this.known.set(url, found);
    for (const [oldest] of this.known) {
      if (this.known.size <= MAX_KNOWN) {
        break;
      }
      this.known.delete(oldest);
    }
    return found;
  }

  private async ask(url: string): Promise<LinkPreview | null> {
    try {
      return await this.api.linkPreview(url);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      this.isOff ||= error.reason === "PREVIEWS_OFF";
      if (error.retryable) {
        this.known.delete(url);
      }
      return null;
    }
  }
}
