/** What is wrong in a stack, and what has changed between two reports of it. */

import type { TextId, Sentence, Values } from "../texts";
import type { Link, Process, Report } from "./report";

export type Level = "bad" | "well" | "note";

export interface Change {
  readonly level: Level;
  readonly said: Sentence;
}

export interface Event extends Change {
  /** Unix milliseconds. */
  readonly at: number;
  readonly key: string;
}

export const MOST_EVENTS = 60;
const LAG_WORTH_A_NOTE = 1_000;
const CERTIFICATE_LEFT_MS = 3_600_000;

/** The sentences of an operator who looks at it all. */
export function problems(report: Report): readonly Sentence[] {
  return [
    ...Object.entries(report.faults).map(([part, why]) => say("ops.notHad", { part, why })),
    ...report.silent.map((envoy) => say("ops.noAnswer", { envoy })),
    ...(report.processes ?? []).filter((one) => !one.healthy).map(ailment),
    ...[...against(report.links)].map(([instance, { callers, faults }]) => say("ops.avoided", { instance, callers, faults })),
    ...[...breakers(report.links).values()].map((breaker) => say("ops.breaker", breaker)),
    ...(report.processes ?? []).filter(isBehind).map(delay),
    ...ending(report).map((envoy) => say("ops.certificateEnds", { envoy })),
  ];
}

function ailment({ name, state, waitingFor }: Process): Sentence {
  if (state === "running") {
    return waitingFor === null ? say("ops.illNotRunning", { name }) : say("ops.ill", { name, why: waitingFor });
  }
  return waitingFor === null ? say("ops.illStateNotRunning", { name, state }) : say("ops.illState", { name, state, why: waitingFor });
}

function delay({ name, lagRecords }: Process): Sentence {
  return say("ops.behind", { name, count: lagRecords ?? 0 });
}

/** What has happened, in the order in which one wants to read it. */
export function changes(before: Report, now: Report): readonly Change[] {
  return [...ofProcesses(before, now), ...ofSilence(before, now), ...ofHosts(before, now), ...ofEjections(before, now), ...ofBreakers(before, now)];
}

export function withChanges(events: readonly Event[], before: Report | null, now: Report): readonly Event[] {
  const found = before === null ? [] : changes(before, now);
  const at = Date.parse(now.at);
  return [...found.map((change, index) => ({ ...change, at, key: `${at}-${index}` })), ...events].slice(0, MOST_EVENTS);
}

function ofProcesses({ processes: before }: Report, { processes: now }: Report): readonly Change[] {
  if (before === null || now === null) {
    return [];
  }
  const was = new Map(before.map((one) => [one.name, one]));
  const is = new Set(now.map((one) => one.name));
  return [
    ...now.flatMap((one) => {
      const old = was.get(one.name);
      return old === undefined ? [well("ops.added", { name: one.name })] : ofProcess(old, one);
    }),
    ...before.filter((one) => !is.has(one.name)).map((one) => note("ops.gone", { name: one.name })),
  ];
}

function ofProcess(before: Process, now: Process): readonly Change[] {
  const { name } = now;
  const isOut = now.state === "drained" || now.state === "draining";
  return [
    ...(now.crashes > before.crashes ? [now.lastCrash === null ? bad("ops.crashedSomehow", { name }) : bad("ops.crashed", { name, how: now.lastCrash })] : []),
    ...(now.crashes === before.crashes && now.pid !== null && before.pid !== null && now.pid !== before.pid ? [note("ops.restarted", { name })] : []),
    ...(isOut && before.state !== now.state ? [note("ops.drained", { name, state: now.state })] : []),
    ...(before.healthy && !now.healthy ? [bad("ops.ill", { name, why: now.waitingFor ?? now.state })] : []),
    ...(!before.healthy && now.healthy && !isOut ? [well("ops.wellAgain", { name })] : []),
    ...(!isBehind(before) && isBehind(now) ? [{ level: "bad" as const, said: delay(now) }] : []),
    ...(isBehind(before) && !isBehind(now) ? [well("ops.caughtUp", { name })] : []),
  ];
}

function ofSilence(before: Report, now: Report): readonly Change[] {
  return [
    ...now.silent.filter((envoy) => !before.silent.includes(envoy)).map((envoy) => bad("ops.noAnswer", { envoy })),
    ...before.silent.filter((envoy) => !now.silent.includes(envoy)).map((envoy) => well("ops.again", { name: envoy })),
  ];
}

function ofHosts({ links: before }: Report, { links: now }: Report): readonly Change[] {
  if (before === null || now === null) {
    return [];
  }
  const [was, is] = [against(before), against(now)];
  return [
    ...[...is]
      .filter(([instance]) => !was.has(instance))
      .map(([instance, { callers, faults }]) => bad("ops.avoidedAll", { instance, callers, faults })),
    ...[...was].filter(([instance]) => !is.has(instance)).map(([instance]) => well("ops.avoidedEnd", { instance })),
  ];
}

/** What outlier detection has put aside between the two looks, even if it is back already. */
function ofEjections({ links: before }: Report, { links: now }: Report): readonly Change[] {
  const was = new Map((before ?? []).map((link) => [linkId(link), link.ejections]));
  return (now ?? [])
    .filter((link) => link.ejections > (was.get(linkId(link)) ?? link.ejections))
    .map((link) => bad("ops.aside", { envoy: link.envoy, service: link.service }));
}

function ofBreakers({ links: before }: Report, { links: now }: Report): readonly Change[] {
  const [was, is] = [breakers(before), breakers(now)];
  return [
    ...[...is].filter(([id]) => !was.has(id)).map(([, breaker]) => bad("ops.breaker", breaker)),
    ...[...was].filter(([id]) => !is.has(id)).map(([, breaker]) => well("ops.breakerEnd", breaker)),
  ];
}

/** The instances that somebody sends no calls to, with whom, and why. */
export function against(links: readonly Link[] | null): ReadonlyMap<string, { readonly callers: readonly string[]; readonly faults: readonly string[] }> {
  const found = new Map<string, { callers: string[]; faults: string[] }>();
  for (const link of links ?? []) {
    for (const host of link.hosts.filter((one) => !one.healthy)) {
      const known = found.get(host.instance) ?? { callers: [], faults: [] };
      found.set(host.instance, { callers: joined(known.callers, [link.envoy]), faults: joined(known.faults, host.faults) });
    }
  }
  return found;
}

/** What is held back by circuit breakers, each once. */
function breakers(links: readonly Link[] | null): ReadonlyMap<string, Readonly<Record<"envoy" | "what" | "service", string>>> {
  const found = (links ?? []).flatMap(({ envoy, service, openBreakers }) => openBreakers.map((what) => ({ envoy, what, service })));
  return new Map(found.map((breaker) => [Object.values(breaker).join(" "), breaker]));
}

function ending(report: Report): readonly string[] {
  const soon = Date.parse(report.at) + CERTIFICATE_LEFT_MS;
  return [...new Set((report.certificates ?? []).filter((one) => Date.parse(one.ends) < soon).map((one) => one.envoy))];
}

function isBehind(process: Process): boolean {
  return (process.lagRecords ?? 0) > LAG_WORTH_A_NOTE;
}

function joined(known: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...known, ...more])];
}

function linkId(link: Link): string {
  return `${link.envoy} ${link.cluster}`;
}

function say(id: TextId, values: Values): Sentence {
  return { id, values };
}

function bad(id: TextId, values: Values): Change {
  return { level: "bad", said: say(id, values) };
}

function well(id: TextId, values: Values): Change {
  return { level: "well", said: say(id, values) };
}

function note(id: TextId, values: Values): Change {
  return { level: "note", said: say(id, values) };
}
