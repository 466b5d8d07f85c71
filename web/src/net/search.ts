/** The call that finds messages. */

import type { Found, FoundIn, FoundPage } from "../core/types";
import { Highlight_Field, SearchResponseSchema, type SearchResult } from "../gen/elastic_chat/history/v1/history_service_pb";
import { type Calls, query } from "./calls";
import { entryFrom } from "./wire";

export interface SearchQuery {
  /** Words and what else docs/search.md names. */
  readonly words: string;
  /** `next` of the page before; empty for the first. */
  readonly pageToken: string;
  /** How many minutes days begin before those of UTC. */
  readonly utcOffsetMinutes: number;
}

const IN: Readonly<Record<number, FoundIn>> = { [Highlight_Field.TEXT]: "text", [Highlight_Field.ATTACHMENT_NAME]: "file", [Highlight_Field.POLL_OPTION]: "option" };

export class SearchApi {
  constructor(private readonly calls: Calls) {}

  /** A page of what is found, the newest first. */
  async find({ words, pageToken, utcOffsetMinutes }: SearchQuery): Promise<FoundPage> {
    const asked = query({ query: words, utcOffsetMinutes, ...(pageToken === "" ? {} : { pageToken }) });
    const { results, nextPageToken, incomplete } = await this.calls.ask(SearchResponseSchema, "GET", `/v1/search?${asked}`);
    return { items: results.flatMap(foundFrom), next: nextPageToken, isIncomplete: incomplete };
  }
}

function foundFrom({ entry, highlights, snippet }: SearchResult): readonly Found[] {
  if (entry === undefined) {
    return [];
  }
  const marks = highlights.flatMap(({ field, index, range }) => {
    const where = IN[field];
    return where === undefined || range === undefined ? [] : [{ in: where, index, start: range.start, end: range.end }];
  });
  return [{ entry: entryFrom(entry), highlights: marks, snippet: snippet === undefined ? null : { start: snippet.start, end: snippet.end } }];
}
