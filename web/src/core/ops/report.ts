/** What the console tells of a stack. What is not known, or can't be told yet, is null. */

export interface Process {
  readonly name: string;
  /** The service that it is an instance of; null if it is none. */
  readonly service: string | null;
  readonly version: string | null;
  readonly state: string;
  readonly healthy: boolean;
  readonly pid: number | null;
  readonly since: string | null;
  /** What it lacks. */
  readonly waitingFor: string | null;
  readonly crashes: number;
  readonly lastCrash: string | null;
  readonly memoryBytes: number | null;
  /** How many cores it keeps busy. */
  readonly cores: number | null;
  readonly connections: number | null;
  readonly lagRecords: number | null;
  readonly commandsPerSecond: number | null;
  readonly deliveriesPerSecond: number | null;
}

/** An instance as one Envoy sees it. */
export interface Host {
  readonly instance: string;
  readonly healthy: boolean;
  /** What the Envoy has against it. */
  readonly faults: readonly string[];
  readonly activeRequests: number;
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number | null;
  readonly errorsPerSecond: number | null;
}

/** How one Envoy sees a service that it calls. */
export interface Link {
  readonly envoy: string;
  readonly cluster: string;
  readonly service: string;
  readonly hosts: readonly Host[];
  readonly retries: number;
  readonly retriesGivenUp: number;
  readonly ejections: number;
  readonly openBreakers: readonly string[];
}

/** How much went over a way since the last look, and how fast. */
export interface Traffic {
  readonly perSecond: number | null;
  readonly messagesPerSecond: number | null;
  readonly calls: number;
  /** Calls that ended with another status than OK, such as NOT_FOUND. */
  readonly failed: number;
  /** Those of them that were no caller's fault. */
  readonly faults: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** All that a service, or the edge for those outside, calls of another. */
export interface Way extends Traffic {
  readonly caller: string;
  readonly service: string;
}

export interface Sampled {
  readonly calls: number;
  readonly failed: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly perSecond: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Method {
  readonly caller: string;
  readonly service: string;
  readonly method: string;
  readonly calls: number;
  readonly failed: number;
  readonly sampled: Sampled;
}

export interface Certificate {
  readonly envoy: string;
  readonly kind: string;
  readonly serial: string;
  readonly names: readonly string[];
  readonly begins: string;
  readonly ends: string;
}

export interface Service {
  readonly name: string;
  readonly calls: readonly string[];
  readonly engines: readonly string[];
}

export interface Report {
  readonly at: string;
  /** Seconds since the look before, by which rates were reckoned; null if there was none. */
  readonly seconds: number | null;
  readonly services: readonly Service[];
  /** The services that the edge calls. */
  readonly edge: readonly string[];
  readonly processes: readonly Process[] | null;
  readonly links: readonly Link[] | null;
  /** The Envoys that do not answer. */
  readonly silent: readonly string[];
  readonly methods: readonly Method[] | null;
  readonly ways: readonly Way[] | null;
  readonly all: Traffic | null;
  readonly certificates: readonly Certificate[] | null;
  /** By the part that could not be had: why. */
  readonly faults: Readonly<Record<string, string>>;
}
