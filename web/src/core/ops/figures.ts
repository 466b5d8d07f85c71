/** The few numbers that say how a whole stack does, and how they went. */

import type { Process, Report } from "./report";

export interface Figures {
  readonly commands: number | null;
  readonly deliveries: number | null;
  readonly calls: number | null;
  /** Of a hundred calls, how many failed by no fault of their callers. */
  readonly faults: number | null;
  readonly p99Ms: number | null;
  readonly connections: number | null;
  readonly lag: number | null;
  readonly cores: number | null;
  readonly memoryBytes: number | null;
}

export interface Point {
  readonly at: number;
  readonly figures: Figures;
  /** Messages a second, by way. */
  readonly ways: ReadonlyMap<string, number>;
  /** Cores kept busy, by process. */
  readonly cores: ReadonlyMap<string, number>;
}

/** Five minutes, a look every two seconds. */
export const MOST_POINTS = 150;

export function figuresOf(report: Report): Figures {
  const { all, processes } = report;
  return {
    commands: sum(processes, (one) => one.commandsPerSecond),
    deliveries: sum(processes, (one) => one.deliveriesPerSecond),
    calls: all?.perSecond ?? null,
    faults: all === null || report.seconds === null ? null : share(all.faults, all.calls),
    p99Ms: all?.p99Ms ?? null,
    connections: sum(processes, (one) => one.connections),
    lag: sum(processes, (one) => one.lagRecords),
    cores: sum(processes, (one) => one.cores),
    memoryBytes: sum(processes, (one) => one.memoryBytes),
  };
}

/** Of a hundred; 0 of nothing. */
export function share(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}

export function wayId(caller: string, service: string): string {
  return `${caller}>${service}`;
}

export function withPoint(points: readonly Point[], report: Report): readonly Point[] {
  const point: Point = {
    at: Date.parse(report.at),
    figures: figuresOf(report),
    ways: new Map((report.ways ?? []).map((way) => [wayId(way.caller, way.service), way.messagesPerSecond ?? 0])),
    cores: new Map((report.processes ?? []).map((one) => [one.name, one.cores ?? 0])),
  };
  return [...points, point].slice(-MOST_POINTS);
}

/** Null if nobody knows: a sum over some would look like one over all. */
function sum(processes: readonly Process[] | null, valueOf: (process: Process) => number | null): number | null {
  const known = (processes ?? []).map(valueOf).filter((value) => value !== null);
  return known.length > 0 ? known.reduce((all, value) => all + value, 0) : null;
}
