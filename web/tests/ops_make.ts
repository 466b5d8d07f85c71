/** A small stack, as the console tells of it. */
import type { Host, Link, Process, Report, Way } from "../src/core/ops/report";

export function process(name: string, other: Partial<Process> = {}): Process {
  return {
    name,
    service: /^([a-z]+)-\d+$/.exec(name)?.[1] ?? null,
    version: "1",
    state: "running",
    healthy: true,
    pid: 10,
    since: "2026-11-27T06:00:00+00:00",
    waitingFor: null,
    crashes: 0,
    lastCrash: null,
    memoryBytes: 1_000,
    cores: 0.5,
    connections: null,
    lagRecords: null,
    commandsPerSecond: null,
    deliveriesPerSecond: null,
    ...other,
  };
}

export function host(instance: string, other: Partial<Host> = {}): Host {
  return { instance, healthy: true, faults: [], activeRequests: 0, requests: 0, errors: 0, perSecond: 1, errorsPerSecond: 0, ...other };
}

export function link(envoy: string, service: string, hosts: readonly Host[], other: Partial<Link> = {}): Link {
  return { envoy, cluster: service, service, hosts, retries: 0, retriesGivenUp: 0, ejections: 0, openBreakers: [], ...other };
}

export function way(caller: string, service: string, other: Partial<Way> = {}): Way {
  return { caller, service, perSecond: 5, messagesPerSecond: 10, calls: 10, failed: 0, faults: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3, ...other };
}

const PROCESSES = ["gateway-1", "gateway-1-sidecar", "router-1", "router-1-sidecar", "router-2", "router-2-sidecar", "edge", "valkey", "kafka"];

export function report(other: Partial<Report> = {}): Report {
  return {
    at: "2026-11-27T06:10:00.000+00:00",
    seconds: 2,
    services: [
      { name: "gateway", calls: ["router"], engines: ["valkey"] },
      { name: "router", calls: ["router"], engines: ["valkey", "kafka"] },
    ],
    edge: ["gateway"],
    processes: PROCESSES.map((name) => process(name)),
    links: [link("edge", "gateway", [host("gateway-1")]), link("gateway-1-sidecar", "router", [host("router-1"), host("router-2")])],
    silent: [],
    methods: [],
    ways: [way("gateway", "router")],
    all: { ...way("", "") },
    certificates: [],
    faults: {},
    ...other,
  };
}

/** The same stack with one of its processes otherwise. */
export function withProcess(name: string, other: Partial<Process>): Report {
  return report({ processes: PROCESSES.map((one) => process(one, one === name ? other : {})) });
}
