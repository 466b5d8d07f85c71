/** UUIDs of version 7 (RFC 9562): their text sorts by the time they were made, and within a millisecond by the order. */

export interface Uuid7Clock {
  readonly ms: number;
  /** 12 bits that rise within a millisecond. */
  readonly counter: number;
}

export const uuid7Epoch: Uuid7Clock = { ms: 0, counter: 0 };

const COUNTER_LIMIT = 0x1000;

/**
 * Makes the next id. `random` has ten random bytes: two start the counter (in its lower half, to leave room) and eight fill the rest.
 * A clock that was set back does not set the ids back.
 */
export function uuid7(clock: Uuid7Clock, nowMs: number, random: Uint8Array): { id: string; clock: Uuid7Clock } {
  const next = tick(clock, nowMs, (((random[8] ?? 0) << 8) | (random[9] ?? 0)) & 0x7ff);
  const time = next.ms.toString(16).padStart(12, "0");
  const counter = next.counter.toString(16).padStart(3, "0");
  const variant = (((random[0] ?? 0) & 0x3f) | 0x80).toString(16);
  const rest = Array.from(random.subarray(1, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}${rest.slice(0, 2)}-${rest.slice(2)}`,
    clock: next,
  };
}

function tick(clock: Uuid7Clock, nowMs: number, start: number): Uuid7Clock {
  if (nowMs > clock.ms) {
    return { ms: nowMs, counter: start };
  }
  return clock.counter + 1 < COUNTER_LIMIT ? { ms: clock.ms, counter: clock.counter + 1 } : { ms: clock.ms + 1, counter: start };
}
