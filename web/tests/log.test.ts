import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { append, extend, hasHole, type Log, prepend, restarted, seeded } from "../src/core/log";
import type { Entry } from "../src/core/types";
import { message, newer, older } from "./make";

const seqs = (log: Log) => log.entries.map(({ seq }) => seq);

describe("a log", () => {
  it("takes live entries in order", () => {
    const log = [2, 3].map((seq) => message(seq)).reduce(append, seeded(1, message(1)));
    expect(seqs(log)).toEqual([1, 2, 3]);
    expect(hasHole(log)).toBe(false);
  });

  it("holds back what comes beyond a hole until it is closed", () => {
    const log = [4, 3].map((seq) => message(seq)).reduce(append, seeded(1, message(1)));
    expect(seqs(log)).toEqual([1]);
    expect(hasHole(log)).toBe(true);
    expect(seqs(append(log, message(2)))).toEqual([1, 2, 3, 4]);
  });

  it("closes a hole that is permanent by a page", () => {
    const jumped = append(seeded(1, message(1)), message(900));
    const log = extend(jumped, 1, { entries: [message(900)], headSeq: 900, hasMore: false });
    expect(seqs(log)).toEqual([1, 900]);
    expect(hasHole(log)).toBe(false);
  });

  it("returns itself for a repeat", () => {
    const log = seeded(1, message(1));
    expect(append(log, message(1))).toBe(log);
  });

  it("refuses pages that would leave a hole", () => {
    const log = seeded(10, message(10));
    expect(extend(log, 12, { entries: [message(13)], headSeq: 13, hasMore: false })).toBe(log);
    expect(prepend(log, 8, { entries: [message(7)], headSeq: 10, hasMore: false })).toBe(log);
  });

  it("starts again at the newest page, and keeps what is ahead of that", () => {
    const log = restarted(append(seeded(1, message(1)), message(52)), { entries: [message(50), message(51)], headSeq: 51, hasMore: true });
    expect(seqs(log)).toEqual([50, 51, 52]);
    expect(log.complete).toBe(false);
    expect(seqs(prepend(log, log.first, { entries: [message(48), message(49)], headSeq: 52, hasMore: true }))).toEqual([48, 49, 50, 51, 52]);
  });

  it("is complete from the start if its only entry is its first", () => {
    expect(seeded(0, null).complete).toBe(true);
    expect(seeded(5, message(5)).complete).toBe(false);
  });
});

/** A log as a server may have it: dense, but for a jump now and then. */
const serverLog = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 1_000 }) }), { minLength: 1, maxLength: 40 })
  .map((steps) => {
    let seq = 0;
    return steps.map((step) => message((seq += step)));
  });

type Event =
  | { readonly type: "live"; readonly at: number }
  | { readonly type: "newer"; readonly size: number; readonly head: number }
  | { readonly type: "older"; readonly size: number }
  | { readonly type: "restart"; readonly size: number };

const size = fc.integer({ min: 1, max: 7 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("live" as const), at: fc.nat(39) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("newer" as const), size, head: fc.nat(39) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("older" as const), size }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const), size }) },
);

/** What happens to the client's log while the server's is `all`; a page may be older than what has come live. */
function after(log: Log, all: readonly Entry[], happened: Event): Log {
  switch (happened.type) {
    case "live": {
      const entry = all[happened.at % all.length];
      return entry === undefined ? log : append(log, entry);
    }
    case "newer":
      return extend(log, log.tail, newer(all.slice(0, (happened.head % all.length) + 1), log.tail, happened.size));
    case "older":
      return prepend(log, log.first, older(all, log.first, happened.size));
    case "restart":
      return restarted(log, older(all, Infinity, happened.size));
  }
}

function settled(log: Log, all: readonly Entry[]): Log {
  let current = log;
  for (let count = 0; count <= all.length; count += 1) {
    current = extend(current, current.tail, newer(all, current.tail, 3));
    current = prepend(current, current.first, older(all, current.first, 3));
  }
  return current;
}

describe("whatever the order, the repeats and the losses", () => {
  it("what is shown is always a part of the server's log without a hole", () => {
    fc.assert(
      fc.property(serverLog, fc.nat(39), fc.array(event, { maxLength: 60 }), (all, start, events) => {
        const first = all[start % all.length];
        let log = seeded(first?.seq ?? 0, first ?? null);
        for (const happened of events) {
          const before = log.tail;
          log = after(log, all, happened);
          const from = all.findIndex(({ seq }) => seq === log.entries[0]?.seq);
          expect(log.entries).toEqual(all.slice(from, from + log.entries.length));
          expect(log.entries.at(-1)?.seq).toBe(log.tail);
          expect(log.tail).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });

  it("everything folds to the same ordered list in the end", () => {
    fc.assert(
      fc.property(serverLog, fc.nat(39), fc.array(event, { maxLength: 60 }), (all, start, events) => {
        const first = all[start % all.length];
        const log = events.reduce((current, happened) => after(current, all, happened), seeded(first?.seq ?? 0, first ?? null));
        const end = settled(log, all);
        expect(end.entries).toEqual(all);
        expect(end.complete).toBe(true);
        expect(hasHole(end)).toBe(false);
      }),
    );
  });
});
