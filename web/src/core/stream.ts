/**
 * Messages that are still being made, of which parts are told. A part says how many bytes of the text come before it: one that fits is shown,
 * and where one is missing, the message itself will have the rest. Nothing of this is kept.
 */

import type { MessageId, UserId } from "./types";

export interface Part {
  readonly messageId: MessageId;
  readonly senderId: UserId;
  /** Bytes of UTF-8 of the text that come before. */
  readonly offset: number;
  readonly text: string;
}

export interface Stream {
  readonly messageId: MessageId;
  readonly senderId: UserId;
  readonly text: string;
  /** Bytes of it in UTF-8. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly begunAt: number;
  /** Until when it is worth showing if nothing more comes, in Unix milliseconds. */
  readonly until: number;
}

/** The oldest first. */
export type Streams = readonly Stream[];

/** How long one is shown of which no more is told. */
export const STREAM_SHOWN_MS = 30_000;
/** So many are shown of one conversation, and so much of each: what the server takes for a message. */
export const MAX_STREAMS = 8;
const MAX_BYTES = 16 * 1024;

/** Takes in a part. One at the beginning begins anew. */
export function told(streams: Streams, { messageId, senderId, offset, text }: Part, now: number): Streams {
  const before = streams.find((stream) => stream.messageId === messageId);
  const size = offset + bytesOf(text);
  const fits = (offset === 0 || offset === before?.size) && size <= MAX_BYTES;
  const until = now + STREAM_SHOWN_MS;
  if (before === undefined) {
    return fits ? [...streams, { messageId, senderId, text, size, begunAt: now, until }].slice(-MAX_STREAMS) : streams;
  }
  if (before.senderId !== senderId) {
    return streams; // a message has one sender: whoever was there first
  }
  const after: Stream = fits ? { ...before, text: (offset === 0 ? "" : before.text) + text, size, until } : { ...before, until };
  return streams.map((stream) => (stream === before ? after : stream));
}

/** Those that are worth showing. */
export function current(streams: Streams, now: number): Streams {
  return streams.every(({ until }) => until > now) ? streams : streams.filter(({ until }) => until > now);
}

/** Bytes of UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
