import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  accepted,
  ANSWER_DEADLINE_MS,
  dueAt,
  enqueued,
  expired,
  interrupted,
  MAX_ATTEMPTS,
  type Outbox,
  ready,
  type Refusal,
  refused,
  retried,
  started,
  without,
} from "../src/core/outbox";
import type { ConversationId } from "../src/core/types";
import { id, ROOM } from "./make";

const later: Refusal = { reason: "UNAVAILABLE", retryable: true, retryAfterMs: null };
const never: Refusal = { reason: "TEXT_TOO_LONG", retryable: false, retryAfterMs: null };
const ids = (outbox: Outbox) => outbox.map(({ messageId }) => messageId);
const three = ["a", "b", "c"].reduce<Outbox>((outbox, name) => enqueued(outbox, id(name), ROOM, { text: name }, 0), []);
const stateOf = (outbox: Outbox, name: string) => outbox.find(({ messageId }) => messageId === name)?.delivery.state;

describe("the outbox", () => {
  it("sends one message at a time in each conversation", () => {
    const both = enqueued(three, id("x"), "other" as ConversationId, { text: "x" }, 0);
    expect(ids(ready(both, 0))).toEqual(["a", "x"]);
    expect(ids(ready(started(both, id("a"), 0), 0))).toEqual(["x"]);
  });

  it("sends the next one when the server has the one before", () => {
    expect(ids(ready(accepted(started(three, id("a"), 0), id("a")), 0))).toEqual(["b"]);
  });

  it("waits as long as the server says, and holds the others back", () => {
    const outbox = refused(started(three, id("a"), 0), id("a"), { ...later, retryAfterMs: 700 }, 0, 0.5);
    expect(ready(outbox, 699)).toEqual([]);
    expect(dueAt(outbox)).toBe(700);
    expect(ids(ready(outbox, 700))).toEqual(["a"]);
  });

  it("fails a message that is refused for good, and lets the next one pass", () => {
    const outbox = refused(started(three, id("a"), 0), id("a"), never, 0, 0.5);
    expect(outbox[0]?.delivery).toEqual({ state: "failed", reason: "TEXT_TOO_LONG" });
    expect(ids(ready(outbox, 0))).toEqual(["b"]);
  });

  it("fails a message on which the server fails again and again, and lets the next one pass", () => {
    let outbox = three;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      expect(stateOf(outbox, "a")).toBe("waiting");
      outbox = refused(started(outbox, id("a"), 0), id("a"), { ...later, reason: "INTERNAL" }, 0, 0);
    }
    expect(stateOf(outbox, "a")).toBe("failed");
    expect(ids(ready(outbox, 0))).toEqual(["b"]);
  });

  it("keeps a message, and those behind it, for as long as the server can't take it", () => {
    let outbox = three;
    for (let now = 0; now < 3_600_000; now += 20_000) {
      expect(ids(ready(outbox, now))).toEqual(["a"]);
      outbox = refused(started(outbox, id("a"), now), id("a"), later, now, 0.5);
    }
    expect(stateOf(outbox, "a")).toBe("waiting");
  });

  it("sends again what got no answer", () => {
    const outbox = started(three, id("a"), 0);
    expect(dueAt(outbox)).toBe(ANSWER_DEADLINE_MS);
    expect(expired(outbox, ANSWER_DEADLINE_MS - 1)).toBe(outbox);
    expect(ids(ready(expired(outbox, ANSWER_DEADLINE_MS), ANSWER_DEADLINE_MS))).toEqual(["a"]);
  });

  it("sends again what was under way when the connection went", () => {
    expect(ids(ready(interrupted(started(three, id("a"), 0), 5), 5))).toEqual(["a"]);
  });

  it("puts what the user tries again behind what was written since", () => {
    const outbox = retried(refused(started(three, id("a"), 0), id("a"), never, 0, 0.5), id("a"), 9);
    expect(ids(outbox)).toEqual(["b", "c", "a"]);
    expect(stateOf(outbox, "a")).toBe("waiting");
    expect(retried(outbox, id("a"), 9)).toBe(outbox);
  });

  it("ignores a refusal that comes late", () => {
    const outbox = accepted(started(three, id("a"), 0), id("a"));
    expect(stateOf(refused(outbox, id("a"), never, 0, 0.5), "a")).toBe("accepted");
  });

  it("is left as it is if there is nothing to take out", () => {
    expect(without(three, id("z"))).toBe(three);
  });

  it("has nothing due when it is empty", () => {
    expect(dueAt([])).toBeNull();
  });
});

describe("whatever the server and the network do", () => {
  const happening = fc.constantFrom("send", "ack", "later", "cut", "time");

  it("the server takes the messages of a conversation in the order in which they were written, each once", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        let outbox = three;
        let now = 0;
        const server: string[] = [];
        const take = (name: string) => {
          if (!server.includes(name)) {
            server.push(name);
          }
        };
        for (const what of [...happenings, ...Array.from({ length: 12 }, (_, index) => (["time", "send", "ack"] as const)[index % 3] ?? "time")]) {
          const flying = outbox.filter(({ delivery }) => delivery.state === "in_flight");
          expect(flying.length).toBeLessThanOrEqual(1);
          const name = flying[0]?.messageId;
          if (what === "send") {
            for (const item of ready(outbox, now)) {
              outbox = started(outbox, item.messageId, now);
            }
          } else if (what === "time") {
            now += 60_000;
            outbox = expired(outbox, now);
          } else if (name !== undefined && what === "ack") {
            take(name);
            outbox = accepted(outbox, name);
          } else if (name !== undefined && what === "later") {
            outbox = refused(outbox, name, later, now, 0.5);
          } else if (what === "cut") {
            // The answer is lost, and the message is not.
            flying.forEach((item) => { take(item.messageId); });
            outbox = interrupted(outbox, now);
          }
        }
        expect(server).toEqual(["a", "b", "c"]);
      }),
    );
  });
});
