import { describe, expect, it } from "vitest";

import { changes, MOST_EVENTS, problems, withChanges } from "../src/core/ops/events";
import { figuresOf, MOST_POINTS, withPoint } from "../src/core/ops/figures";
import { graphOf, linksOf, paceOf, widthOf } from "../src/core/ops/graph";
import { heightFor, layoutOf } from "../src/core/ops/layout";
import type { Report } from "../src/core/ops/report";
import { initialOps, type OpsState, STALE_MS, staleFor, updateOps } from "../src/core/ops/state";
import { bytes, duration, milliseconds, number, percent, statuses } from "../src/core/ops/words";
import { ENGLISH } from "./english";
import { host, link, process, report, way, withProcess } from "./ops_make";

const NOW = 1_000_000;

function texts(before: Report, now: Report): readonly string[] {
  return changes(before, now).map(({ level, said }) => `${level}: ${ENGLISH.say(said)}`);
}

describe("figures", () => {
  it("are sums over all who have them", () => {
    const gateways = [process("gateway-1", { connections: 3, deliveriesPerSecond: 8 }), process("gateway-2", { connections: 4, deliveriesPerSecond: 1.5 })];
    expect(figuresOf(report({ processes: [...gateways, process("writer-1", { lagRecords: 7 })] }))).toMatchObject({
      connections: 7,
      deliveries: 9.5,
      lag: 7,
      cores: 1.5,
      memoryBytes: 3_000,
      commands: null,
    });
  });

  it("tell of a hundred calls how many failed by no fault of their callers, and nothing before there are rates", () => {
    expect(figuresOf(report({ all: way("", "", { calls: 200, failed: 50, faults: 3 }) })).faults).toBe(1.5);
    expect(figuresOf(report({ all: way("", "", { calls: 0 }) })).faults).toBe(0);
    expect(figuresOf(report({ seconds: null })).faults).toBeNull();
  });

  it("are kept for some minutes", () => {
    let points = withPoint([], report());
    for (let n = 0; n < MOST_POINTS + 10; n += 1) {
      points = withPoint(points, report({ ways: [way("gateway", "router", { messagesPerSecond: n })] }));
    }
    expect(points).toHaveLength(MOST_POINTS);
    expect(points.at(-1)?.ways.get("gateway>router")).toBe(MOST_POINTS + 9);
  });
});

describe("what has changed", () => {
  it("is nothing between two equal reports", () => {
    expect(texts(report(), report())).toEqual([]);
  });

  it("is a process that falls ill, crashes, comes back, is drained, is added, is taken away", () => {
    const ill = withProcess("router-2", { healthy: false, waitingFor: "no answer" });
    expect(texts(report(), ill)).toEqual(["bad: router-2 is not well: no answer."]);
    expect(texts(ill, report())).toEqual(["well: router-2 is well again."]);
    expect(texts(ill, ill)).toEqual([]);
    expect(texts(report(), withProcess("router-2", { crashes: 1, lastCrash: "SIGKILL", pid: 11 }))).toEqual([
      "bad: router-2 has ended without being told to: SIGKILL.",
    ]);
    expect(texts(report(), withProcess("router-2", { pid: 11 }))).toEqual(["note: router-2 was started again."]);
    expect(texts(report(), withProcess("router-2", { state: "drained", pid: null }))).toEqual(["note: router-2 is drained."]);
    const more = report({ processes: [...(report().processes ?? []), process("router-3")] });
    expect(texts(report(), more)).toEqual(["well: router-3 was added."]);
    expect(texts(more, report())).toEqual(["note: router-3 was taken away."]);
  });

  it("is a writer that falls behind, and one that catches up", () => {
    expect(texts(withProcess("kafka", { lagRecords: 1_000 }), withProcess("kafka", { lagRecords: 1_001 }))).toEqual(["bad: kafka is 1,001 records behind."]);
    expect(texts(withProcess("kafka", { lagRecords: 5_000 }), withProcess("kafka", { lagRecords: 0 }))).toEqual(["well: kafka has caught up."]);
  });

  it("is an instance that callers avoid, an ejection that is over already, an open breaker, a silent Envoy", () => {
    const gateways = (other: Parameters<typeof link>[3], faults: readonly string[] = []) =>
      report({ links: [link("gateway-1-sidecar", "router", [host("router-1"), host("router-2", { healthy: faults.length === 0, faults })], other)] });
    expect(texts(gateways({}), gateways({}, ["ejected"]))).toEqual(["bad: router-2 gets no more calls from gateway-1-sidecar: ejected."]);
    expect(texts(gateways({}, ["ejected"]), gateways({}))).toEqual(["well: router-2 gets calls from everyone who knows it."]);
    expect(texts(gateways({ ejections: 1 }), gateways({ ejections: 2 }))).toEqual([
      "bad: gateway-1-sidecar has put an instance of router aside: too many of its calls failed in a row.",
    ]);
    expect(texts(gateways({ ejections: 2 }), gateways({ ejections: 0 }))).toEqual([]);
    expect(texts(report({ links: [] }), gateways({ ejections: 2 }))).toEqual([]);
    expect(texts(gateways({}), gateways({ openBreakers: ["requests"] }))).toEqual(["bad: gateway-1-sidecar makes no more requests to router."]);
    expect(texts(gateways({ openBreakers: ["requests"] }), gateways({}))).toEqual(["well: No more: gateway-1-sidecar makes no more requests to router."]);
    expect(texts(report(), report({ silent: ["edge"] }))).toEqual(["bad: edge does not answer."]);
    expect(texts(report({ silent: ["edge"] }), report())).toEqual(["well: edge answers again."]);
  });

  it("is not made up of a part that could not be had", () => {
    expect(texts(report(), report({ processes: null, links: null }))).toEqual([]);
    expect(texts(report({ processes: null, links: null }), report())).toEqual([]);
  });

  it("is kept, the newest first, and not for ever", () => {
    let events = withChanges([], null, report());
    expect(events).toEqual([]);
    for (let n = 0; n < MOST_EVENTS + 5; n += 1) {
      events = withChanges(events, withProcess("edge", { pid: n }), { ...withProcess("edge", { pid: n + 1 }), at: new Date(NOW + n).toISOString() });
    }
    expect(events).toHaveLength(MOST_EVENTS);
    expect(events[0]?.at).toBe(NOW + MOST_EVENTS + 4);
    expect(new Set(events.map((event) => event.key)).size).toBe(MOST_EVENTS);
  });
});

describe("what is wrong", () => {
  it("is nothing in a stack that is well, and drained instances are well", () => {
    expect(problems(report())).toEqual([]);
    expect(problems(withProcess("router-2", { state: "drained", pid: null }))).toEqual([]);
  });

  it("is said in sentences", () => {
    const soon = { envoy: "edge", kind: "own", serial: "1", names: [], begins: "2026-11-27T00:00:00Z", ends: "2026-11-27T07:00:00Z" };
    const found = problems({
      ...withProcess("router-2", { healthy: false, state: "backoff", waitingFor: "not listening yet" }),
      faults: { methods: "Why." },
      silent: ["gateway-1-sidecar"],
      links: [link("edge", "gateway", [host("gateway-1", { healthy: false, faults: ["ejected"] })], { openBreakers: ["requests"] })],
      certificates: [soon, { ...soon, ends: "2026-11-27T08:00:00Z", envoy: "other" }],
    });
    expect(found.map((one) => ENGLISH.say(one))).toEqual([
      "Methods could not be had. Why.",
      "gateway-1-sidecar does not answer.",
      "router-2 is backoff: not listening yet.",
      "gateway-1 gets no calls from edge: ejected.",
      "edge makes no more requests to gateway.",
      "A certificate of edge ends within the hour, and was not renewed.",
    ]);
  });
});

describe("the picture", () => {
  it("has the edge, every service with its instances and sidecars, and the engines, each once", () => {
    const { nodes, edges, uses } = graphOf(report());
    expect(nodes.map((node) => `${node.kind} ${node.id}`)).toEqual(["edge edge", "service gateway", "service router", "engine valkey", "engine kafka"]);
    expect(nodes[2]?.members.map((member) => [member.name, member.health, member.sidecar])).toEqual([
      ["router-1", "well", "well"],
      ["router-2", "well", "well"],
    ]);
    expect(edges.map((edge) => edge.id)).toEqual(["edge>gateway", "gateway>router", "router>router"]);
    expect(uses.map((use) => use.id)).toEqual(["gateway>valkey", "router>valkey", "router>kafka"]);
  });

  it.each([
    ["an instance is", withProcess("router-2", { healthy: false })],
    ["a sidecar is", withProcess("router-2-sidecar", { healthy: false })],
    ["a caller avoids one", report({ links: [link("gateway-1-sidecar", "router", [host("router-2", { healthy: false, faults: ["ejected"] })])] })],
  ])("shows a service as ill if %s", (_, ill) => {
    expect(graphOf(report()).nodes[2]?.health).toBe("well");
    expect(graphOf(ill).nodes[2]?.health).toBe("ill");
  });

  it("shows what nobody can tell as unknown, and what an operator took out as out", () => {
    expect(graphOf(report({ processes: null })).nodes.map((node) => node.health)).toEqual(["unknown", "unknown", "unknown", "unknown", "unknown"]);
    expect(graphOf(report({ silent: ["edge"] })).nodes[0]?.health).toBe("ill");
    expect(graphOf(withProcess("gateway-1", { state: "drained", pid: null })).nodes[1]?.health).toBe("out");
  });

  it("weighs a way by its messages, and what clients get over WebSockets by frames", () => {
    const [sockets, route] = graphOf(report({ processes: [process("gateway-1", { deliveriesPerSecond: 70 }), process("gateway-2", { deliveriesPerSecond: 30 })] })).edges;
    expect([sockets?.messages, sockets?.tone, route?.messages]).toEqual([100, "well", 10]);
    expect(graphOf(report({ seconds: null })).edges.map((edge) => edge.messages)).toEqual([null, null, null]);
  });

  it.each([
    [0, "well"],
    [1, "some"],
    [20, "many"],
  ])("colours a way of which %s in a thousand calls fail as %s", (faults, tone) => {
    expect(graphOf(report({ ways: [way("gateway", "router", { calls: 1_000, failed: 500, faults })] })).edges[1]?.tone).toBe(tone);
  });

  it("knows by whose Envoys a way goes", () => {
    const links = [link("gateway-1-sidecar", "router", []), link("gateway-12-sidecar", "router", []), link("router-1-sidecar", "router", []), link("edge", "router", [])];
    expect(linksOf(report({ links }), "gateway", "router").map((one) => one.envoy)).toEqual(["gateway-1-sidecar", "gateway-12-sidecar"]);
    expect(linksOf(report({ links }), "edge", "router").map((one) => one.envoy)).toEqual(["edge"]);
  });

  it("draws more as wider and faster, within bounds", () => {
    const rates = [0, 1, 10, 100, 1_000, 1e9];
    expect(rates.map(widthOf)).toEqual([...rates.map(widthOf)].sort((a, b) => a - b));
    expect(widthOf(1e9)).toBeLessThan(10);
    expect([null, 0, 1, 100, 1_000].map(paceOf)).toEqual([0, 0, 1, 2, 3]);
  });

  it.each([328, 700, 760, 1_060])("fits into %s pixels, and nothing stands on anything else", (width) => {
    const whole = [
      ...["edge", "gateway", "router", "history", "accounts", "presence", "writer"].map((id) => ({ id, kind: "service" as const, members: [], health: "well" as const })),
      ...["valkey", "kafka", "cassandra"].map((id) => ({ id, kind: "engine" as const, members: [], health: "well" as const })),
    ];
    const { boxes } = layoutOf({ nodes: whole, edges: [], uses: [] }, width);
    const all = [...boxes.values()];
    for (const [index, box] of all.entries()) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(heightFor(width));
      for (const other of all.slice(index + 1)) {
        const apart = box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y;
        expect(apart).toBe(true);
      }
    }
  });

  it("draws a line for every way and use, and finds a place for a service that it does not know", () => {
    const graph = graphOf(report({ services: [...report().services, { name: "search", calls: ["router"], engines: ["kafka"] }] }));
    const layout = layoutOf(graph, 1_000);
    expect(layout.boxes.get("search")).toBeDefined();
    expect([...layout.lines.keys()].sort()).toEqual([...graph.edges, ...graph.uses].map((one) => one.id).sort());
    expect([...layout.lines.values()].every((line) => !line.path.includes("NaN"))).toBe(true);
  });
});

describe("the state of the page", () => {
  const active = updateOps(initialOps, { type: "signed_in" });
  const shown = (state: OpsState, at: string, now: number) => updateOps(state, { type: "reported", report: report({ at }), now });

  it("adds a point for each look, and none for one that came twice", () => {
    const once = shown(active, "2026-11-27T06:10:00Z", NOW);
    expect(shown(once, "2026-11-27T06:10:00Z", NOW + 500).points).toHaveLength(1);
    expect(shown(once, "2026-11-27T06:10:02Z", NOW + 2_000).points).toHaveLength(2);
  });

  it("is stale when nothing has come for a while, and says why until something comes", () => {
    const state = updateOps(shown(active, "2026-11-27T06:10:00Z", NOW), { type: "failed", why: "Nobody answers." });
    expect(state.fault).toBe("Nobody answers.");
    expect(staleFor(state, NOW + STALE_MS)).toBeNull();
    expect(staleFor(state, NOW + STALE_MS + 1_000)).toBe(8);
    expect(shown(state, "2026-11-27T06:10:02Z", NOW + 9_000)).toMatchObject({ fault: null });
    expect(staleFor(active, NOW)).toBeNull();
  });

  it("keeps nothing for whoever may see nothing", () => {
    const state = shown(active, "2026-11-27T06:10:00Z", NOW);
    for (const type of ["forbidden", "signed_in"] as const) {
      expect(updateOps(state, { type })).toMatchObject({ report: null, points: [], events: [] });
    }
    expect(shown(updateOps(state, { type: "forbidden" }), "2026-11-27T06:10:02Z", NOW).report).toBeNull();
  });
});

describe("words", () => {
  it("say numbers shortly, and what is not known with a dash", () => {
    expect([0, 0.123, 1.234, 12.34, 123.4, 9_999, 12_345, 1_234_567, null].map((value) => number(value, ENGLISH))).toEqual(["0", "0.12", "1.23", "12.3", "123", "9,999", "12.3K", "1.23M", "–"]);
    expect([null, 0.3, 12, 1_234, 12_000].map((value) => milliseconds(value, ENGLISH))).toEqual(["–", "<1 ms", "12 ms", "1,234 ms", "12 s"]);
    expect([null, 0, 0.001, 2.5].map((value) => percent(value, ENGLISH))).toEqual(["–", "0%", "<0.01%", "2.5%"]);
    expect([null, 81_000_000, 2_900_000_000].map((value) => bytes(value, ENGLISH))).toEqual(["–", "81 MB", "2.9 GB"]);
    expect([-5, 900, 61_000, 3_661_000, 90_000_000].map((value) => duration(value, ENGLISH))).toEqual(["0 s", "0 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    expect(statuses({ "0": 9, "5": 1, "14": 2, "99": 1 }, ENGLISH)).toBe("UNAVAILABLE 2, NOT_FOUND 1, status 99 1");
  });
});
