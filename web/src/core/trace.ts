/** The way of a message through the services, as an administrator sees it. */

/** A step of it. Times are milliseconds, since the first began. */
export interface Step {
  readonly name: string;
  /** Which process took it, such as `router-1`. */
  readonly node: string;
  /** Below how many others it stands that it follows from. */
  readonly depth: number;
  readonly atMs: number;
  readonly tookMs: number;
}

export interface Trace {
  /** Each after the one that it follows from; none if the message was not traced. */
  readonly steps: readonly Step[];
  /** Which share of messages is traced, from 0 to 1. */
  readonly share: number;
  /** Who is told of steps if it is not the stack itself; null if it is. */
  readonly collector: string | null;
}

/** Where the bar of a step begins and how long it is, each a part of the whole way from 0 to 1. */
export interface Bar {
  readonly from: number;
  readonly length: number;
}

/** What no bar is shorter than: it could not be seen. */
const LEAST = 0.01;

/** The bars of steps, in their order. Clocks of machines differ: what seems to begin before the first step counts from the earliest. */
export function barsOf(steps: readonly Step[]): readonly Bar[] {
  const beginMs = Math.min(...steps.map(({ atMs }) => atMs));
  const wholeMs = Math.max(...steps.map(({ atMs, tookMs }) => atMs + tookMs)) - beginMs;
  return steps.map(({ atMs, tookMs }) => {
    const length = wholeMs === 0 ? 1 : Math.max(LEAST, tookMs / wholeMs);
    return { from: wholeMs === 0 ? 0 : Math.min((atMs - beginMs) / wholeMs, 1 - length), length };
  });
}

/** Whether an answer is a trace. */
export function isTrace(answer: unknown): answer is Trace {
  const { steps, share, collector } = (answer ?? {}) as Partial<Record<keyof Trace, unknown>>;
  return Array.isArray(steps) && steps.every(isStep) && typeof share === "number" && (collector === null || typeof collector === "string");
}

function isStep(one: unknown): one is Step {
  const { name, node, depth, atMs, tookMs } = (one ?? {}) as Partial<Record<keyof Step, unknown>>;
  return typeof name === "string" && typeof node === "string" && [depth, atMs, tookMs].every((value) => typeof value === "number");
}
