/** The picture of a mesh: who stands in it, who calls whom, and how busy and how well each of that is. */

import { against } from "./events";
import { share, wayId } from "./figures";
import type { Link, Process, Report, Service, Way } from "./report";

export const EDGE = "edge";

/** How something is. `out`: an operator has taken it out of service; `unknown`: nobody can tell. */
export type Health = "well" | "ill" | "out" | "unknown";

export interface Member {
  /** Such as `router-2`, or the name of a process that is no instance. */
  readonly name: string;
  readonly health: Health;
  /** Of the Envoy beside it; null if it has none. */
  readonly sidecar: Health | null;
  /** The Envoys that send it no calls although they know it. */
  readonly avoidedBy: readonly string[];
}

export interface Node {
  readonly id: string;
  readonly kind: "edge" | "service" | "engine";
  readonly members: readonly Member[];
  readonly health: Health;
}

/** `idle`: nothing goes over it; `some` and `many`: of what does, a part fails by no fault of the callers. */
export type Tone = "idle" | "well" | "some" | "many";

export interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Messages a second, both ways; for what clients get over WebSockets, frames. Null if it is not known yet. */
  readonly messages: number | null;
  readonly way: Way | null;
  readonly tone: Tone;
}

/** An engine that a service uses: no Envoy counts what goes there. */
export interface Use {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  readonly uses: readonly Use[];
}

/** Of a hundred calls: from here on, red. */
const MANY_FAULTS = 1;

export function graphOf(report: Report): Graph {
  const processes = new Map((report.processes ?? []).map((one) => [one.name, one]));
  const services = report.services.map((service) => serviceNode(service, report, processes));
  const engines = [...new Set(report.services.flatMap((service) => service.engines))];
  const ways = new Map((report.ways ?? []).map((way) => [wayId(way.caller, way.service), way]));
  const pairs = [
    ...report.edge.map((to) => [EDGE, to] as const),
    ...report.services.flatMap((service) => service.calls.map((to) => [service.name, to] as const)),
  ];
  return {
    nodes: [alone(EDGE, "edge", report, processes), ...services, ...engines.map((name) => alone(name, "engine", report, processes))],
    edges: pairs.map(([from, to]) => edge(from, to, ways.get(wayId(from, to)) ?? null, report)),
    uses: report.services.flatMap(({ name, engines: used }) => used.map((engine) => ({ id: wayId(name, engine), from: name, to: engine }))),
  };
}

function serviceNode(service: Service, report: Report, processes: ReadonlyMap<string, Process>): Node {
  const avoided = against(report.links);
  const members = (report.processes ?? [])
    .filter((one) => one.service === service.name)
    .map((one) => ({
      name: one.name,
      health: healthOf(one),
      sidecar: healthOf(processes.get(`${one.name}-sidecar`)),
      avoidedBy: avoided.get(one.name)?.callers ?? [],
    }));
  return { id: service.name, kind: "service", members, health: healthOfAll(members) };
}

function alone(name: string, kind: Node["kind"], report: Report, processes: ReadonlyMap<string, Process>): Node {
  const health = report.silent.includes(name) ? "ill" : healthOf(processes.get(name));
  return { id: name, kind, members: [{ name, health, sidecar: null, avoidedBy: [] }], health };
}

export function healthOf(process: Process | undefined): Health {
  if (process === undefined) {
    return "unknown";
  }
  if (process.state === "drained" || process.state === "draining") {
    return "out";
  }
  return process.healthy ? "well" : "ill";
}

/** The worst of what all have: an instance whose sidecar is ill, or that callers avoid, does no work either. */
function healthOfAll(members: readonly Member[]): Health {
  if (members.some((one) => one.health === "ill" || one.sidecar === "ill" || one.avoidedBy.length > 0)) {
    return "ill";
  }
  if (members.length === 0 || members.some((one) => one.health === "unknown")) {
    return "unknown";
  }
  return members.every((one) => one.health === "out") ? "out" : "well";
}

function edge(from: string, to: string, way: Way | null, report: Report): Edge {
  const messages = report.seconds === null ? null : (way?.messagesPerSecond ?? 0) + overSockets(from, to, report);
  return { id: wayId(from, to), from, to, messages, way, tone: toneOf(way, messages) };
}

/** What gateways give to clients is no call, so that no Envoy counts it: they do. */
function overSockets(from: string, to: string, report: Report): number {
  const gives = from === EDGE ? (report.processes ?? []).filter((one) => one.service === to) : [];
  return gives.reduce((all, one) => all + (one.deliveriesPerSecond ?? 0), 0);
}

function toneOf(way: Way | null, messages: number | null): Tone {
  if (way !== null && way.faults > 0) {
    return share(way.faults, way.calls) < MANY_FAULTS ? "some" : "many";
  }
  return messages === null || messages === 0 ? "idle" : "well";
}

/** How each Envoy of a caller sees the instances of what it calls. */
export function linksOf(report: Report, caller: string, service: string): readonly Link[] {
  return (report.links ?? []).filter((link) => link.service === service && callerOf(link.envoy) === caller);
}

/** For whom an Envoy calls: `router` for `router-2-sidecar`. */
function callerOf(envoy: string): string {
  return envoy.replace(/-\d+-sidecar$/, "");
}

/** How wide a line is drawn: ten times as much is the same step wider, up to some thousands. */
export function widthOf(messages: number | null): number {
  return 1.25 + 1.6 * Math.min(4, Math.log10(1 + (messages ?? 0)));
}

/** How fast its dashes go: 0 for not at all. */
export function paceOf(messages: number | null): 0 | 1 | 2 | 3 {
  if (messages === null || messages < 0.1) {
    return 0;
  }
  return messages < 20 ? 1 : messages < 400 ? 2 : 3;
}
