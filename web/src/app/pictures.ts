/** The pictures of users and conversations: each is fetched once while the page is there, and few at a time. */

import type { FileId } from "../core/types";

/** As many as a long list shows; the one that was asked for least recently goes first. */
const KEPT = 300;
/** The server refuses who fetches too many at once. */
const AT_ONCE = 4;

export class Pictures {
  private readonly found = new Map<FileId, Promise<string | null>>();
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor(private readonly fetch: (fileId: FileId) => Promise<Blob>) {}

  /** An address that holds the picture; null if it can't be had: then it is tried again when it is asked for the next time. */
  find(fileId: FileId): Promise<string | null> {
    const found = this.found.get(fileId) ?? this.get(fileId);
    // Last in the order of the map is who was asked for last.
    this.found.delete(fileId);
    this.found.set(fileId, found);
    const [oldest] = this.found;
    if (this.found.size > KEPT && oldest !== undefined) {
      this.found.delete(oldest[0]);
      void oldest[1].then((url) => { URL.revokeObjectURL(url ?? ""); });
    }
    return found;
  }

  private async get(fileId: FileId): Promise<string | null> {
    if (this.underWay >= AT_ONCE) {
      await new Promise<void>((resolve) => { this.waiting.push(resolve); });
    } else {
      this.underWay += 1;
    }
    try {
      return URL.createObjectURL(await this.fetch(fileId));
    } catch {
      this.found.delete(fileId);
      return null;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) {
        this.underWay -= 1;
      } else {
        next();
      }
    }
  }
}
