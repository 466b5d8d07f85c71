import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  ANSWER_DEADLINE_MS,
  type Connection,
  type ConnectionEvent,
  isOpen,
  LIMITED_MS,
  OFFLINE_MS, OPEN_DEADLINE_MS,
  RECONNECT,
  STABLE_MS,
  step,
  stopped,
  wakeAt,
} from "../src/core/connection";

const HEARTBEAT_MS = 25_000;
const welcomed: ConnectionEvent = { type: "welcomed", heartbeatMs: HEARTBEAT_MS };

/** Steps through events at their times; the dice always show the highest. */
function after(...events: readonly (readonly [number, ConnectionEvent])[]) {
  return events.reduce((state, [now, event]) => step(state.connection, event, now, 1), { connection: stopped, effects: [] as readonly string[] });
}

const live = [
  [0, { type: "start" }],
  [100, welcomed],
  [110, { type: "caught_up" }],
] as const;

describe("the connection", () => {
  it("opens when it is started, and only then", () => {
    expect(after([0, { type: "start" }])).toEqual({ connection: { phase: "connecting", attempt: 0, deadline: OPEN_DEADLINE_MS }, effects: ["open"] });
    expect(after([0, { type: "online" }]).connection).toEqual(stopped);
  });

  it("is live when it has caught up", () => {
    expect(after(...live.slice(0, 2)).connection.phase).toBe("catching_up");
    expect(after(...live).connection.phase).toBe("live");
  });

  it("waits longer with each failure, up to the cap", () => {
    let { connection } = after([0, { type: "start" }]);
    const waits: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      connection = step(connection, { type: "closed" }, 0, 1).connection;
      waits.push(wakeAt(connection) ?? 0);
      connection = step(connection, { type: "hurry" }, 0, 1).connection;
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("may come back at once: the jitter is full", () => {
    const { connection } = after([0, { type: "start" }]);
    expect(wakeAt(step(connection, { type: "closed" }, 7, 0).connection)).toBe(7);
  });

  it("forgets its failures once it has held for a while", () => {
    const shaky: Connection = { phase: "connecting", attempt: 4, deadline: 9_999 };
    const open = step(shaky, welcomed, 0, 1).connection;
    expect(step(open, { type: "closed" }, STABLE_MS - 1, 1).connection).toMatchObject({ attempt: 5 });
    expect(step(open, { type: "closed" }, STABLE_MS, 1).connection).toMatchObject({ attempt: 1 });
  });

  it("waits as long as the server says", () => {
    expect(after(...live, [200, { type: "closed", retryAfterMs: 1_234 }]).connection).toMatchObject({ phase: "waiting", until: 1_434 });
  });

  it("does not hurry when the user has too many connections", () => {
    expect(after(...live, [200, { type: "closed", isLimited: true }]).connection).toMatchObject({ until: 200 + LIMITED_MS, isLimited: true });
  });

  it("moves to another gateway when this one is going away, at the time that it was given", () => {
    const going = [...live, [1_000, { type: "going_away", reconnectAfterMs: 3_000 }]] as const;
    expect(wakeAt(after(...going).connection)).toBe(4_000);
    expect(after(...going, [4_000, { type: "woke" }])).toMatchObject({ connection: { phase: "connecting", attempt: 0 }, effects: ["close", "open"] });
    expect(after(...going, [2_000, { type: "closed" }]).connection).toMatchObject({ phase: "waiting", until: 4_000 });
  });

  it("pings before the server would lose patience, and gives up if nothing comes", () => {
    const due = wakeAt(after(...live).connection) ?? 0;
    expect(due).toBeLessThan(100 + HEARTBEAT_MS);
    const asked = [...live, [due, { type: "woke" }]] as const;
    expect(after(...asked).effects).toEqual(["ping"]);
    expect(after(...asked, [due + ANSWER_DEADLINE_MS, { type: "woke" }])).toMatchObject({ connection: { phase: "waiting" }, effects: ["close"] });
    expect(after(...asked, [due + 5, { type: "heard" }], [due + ANSWER_DEADLINE_MS, { type: "woke" }]).connection.phase).toBe("live");
  });

  it("does not take a late alarm for a dead server", () => {
    expect(after(...live, [10 * 60_000, { type: "woke" }])).toMatchObject({ connection: { phase: "live" }, effects: ["ping"] });
  });

  it("makes sure of the connection when the tab comes back", () => {
    expect(after(...live, [5_000, { type: "hurry" }])).toMatchObject({ connection: { answerBy: 5_000 + ANSWER_DEADLINE_MS }, effects: ["ping"] });
  });

  it("gives up an attempt that takes too long", () => {
    expect(after([0, { type: "start" }], [OPEN_DEADLINE_MS, { type: "woke" }])).toMatchObject({ connection: { phase: "waiting" }, effects: ["close"] });
  });

  it("rests while there is no network, and opens at once when it is back", () => {
    expect(after(...live, [200, { type: "offline" }])).toEqual({ connection: { phase: "offline", until: 200 + OFFLINE_MS }, effects: ["close"] });
    expect(after(...live, [200, { type: "offline" }], [200 + OFFLINE_MS, { type: "woke" }])).toMatchObject({ connection: { phase: "connecting" }, effects: ["open"] });
    expect(after(...live, [200, { type: "offline" }], [900, { type: "online" }])).toMatchObject({ connection: { phase: "connecting", attempt: 0 }, effects: ["open"] });
  });
});

const anyEvent: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  fc.constantFrom<ConnectionEvent>(
    { type: "start" },
    { type: "stop" },
    { type: "online" },
    { type: "offline" },
    { type: "hurry" },
    { type: "woke" },
    { type: "heard" },
    { type: "caught_up" },
    welcomed,
  ),
  fc.record({ type: fc.constant("going_away" as const), reconnectAfterMs: fc.nat(60_000) }),
  fc.record({ type: fc.constant("closed" as const), isLimited: fc.boolean() }),
);

describe("whatever happens", () => {
  it("a connection that is started has an alarm to wake it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyEvent, fc.nat(40_000), fc.double({ min: 0, max: 0.999, noNaN: true }))), (events) => {
        let connection: Connection = stopped;
        let now = 0;
        for (const [event, passed, random] of events) {
          now += passed;
          const before = connection;
          const next = step(connection, event, now, random);
          connection = next.connection;
          expect(wakeAt(connection) === null).toBe(connection.phase === "stopped");
          expect(next.effects.includes("open")).toBe(connection.phase === "connecting" && connection !== before);
          if (next.effects.includes("ping")) {
            expect(isOpen(connection)).toBe(true);
          }
          if (connection.phase === "waiting" && connection !== before && event.type === "closed" && !event.isLimited && !(isOpen(before) && before.leaveAt !== null)) {
            expect(connection.until - now).toBeLessThanOrEqual(RECONNECT.capMs);
          }
        }
      }),
    );
  });
});
